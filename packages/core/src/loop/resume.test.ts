import {
  BailiwickError,
  type Effect,
  type Journal,
  type JournalRecord,
  taskSpecOf,
} from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineAgent } from '../define/define-agent.ts'
import { defineTool } from '../define/define-tool.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { inlineSandbox } from '../testing/inline-sandbox.ts'
import { type ScriptedReply, scriptedModel } from '../testing/scripted-model.ts'
import { tryTask } from '../testing/try-task.ts'
import { runLoop } from './run-loop.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
const call = (name: string, args: unknown): ScriptedReply => ({ calls: [{ name, arguments: args }] })
const final = (answer: unknown) => call('finalAnswer', { answer })

function sendTool(effect: Effect, sent: string[] = []) {
  return defineTool({
    name: 'send',
    description: 'Sends.',
    input: z.object({ to: z.string() }),
    effect,
    run: ({ to }, { key }) => {
      sent.push(`${key} ${to}`)
      return `sent to ${to}`
    },
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** The records up to the first of a type, inclusive. */
function upTo(records: readonly JournalRecord[], type: JournalRecord['type']): JournalRecord[] {
  return records.slice(0, records.findIndex((record) => record.type === type) + 1)
}

describe('a started call without an outcome', () => {
  const script = {
    3: [call('send', { to: 'Ada' }), final('done')],
    5: [code("await send({ to: 'Ada' })"), code("finalAnswer('done')")],
  }

  it.each([3, 5] as const)(
    'with effect once is not repeated at level %i, and the model is told',
    async (level) => {
      const whole = await tryTask({ level, tools: [sendTool('once')] }, script[level])
      const sent: string[] = []
      const again = await tryTask({ level, tools: [sendTool('once', sent)] }, script[level].slice(1), {
        journal: memoryJournal(upTo(whole.records, 'call.started')),
      })
      expect(sent).toEqual([])
      expect(JSON.stringify(again.requests[0]?.messages.at(-1))).toContain(
        'whether it took effect is unknown',
      )
      expect(again.result.status).toBe('completed')
      expect(again.records).toContainEqual(
        expect.objectContaining({ type: 'call.ended', reason: 'unknown-outcome' }),
      )
    },
  )

  it.each([
    [3, 'none'],
    [3, 'idempotent'],
    [5, 'none'],
    [5, 'idempotent'],
  ] as const)('at level %i with effect %s is repeated under the same key', async (level, effect) => {
    const whole = await tryTask({ level, tools: [sendTool(effect)] }, script[level])
    const sent: string[] = []
    const again = await tryTask({ level, tools: [sendTool(effect, sent)] }, script[level].slice(1), {
      journal: memoryJournal(upTo(whole.records, 'call.started')),
    })
    expect(sent).toEqual(['run-t1/1.1 Ada'])
    expect(again.records.filter(({ type }) => type === 'call.started')).toHaveLength(1)
    expect(again.result.output).toBe('done')
  })
})

describe('effects and events', () => {
  /** A journal whose appends the test acknowledges. */
  function slowJournal() {
    const inner = memoryJournal()
    const gates: (() => void)[] = []
    const journal: Journal = {
      read: () => inner.read(),
      append: async (records) => {
        await new Promise<void>((resolve) => gates.push(resolve))
        await inner.append(records)
      },
    }
    return { journal, inner, release: () => gates.shift()?.() }
  }

  it.each(['none', 'idempotent', 'once'] as const)(
    'make a call of effect %s wait for the journal only if it changes something',
    async (effect) => {
      const { journal, inner, release } = slowJournal()
      const seen: JournalRecord['type'][][] = []
      const send = defineTool({
        name: 'send',
        description: 'Sends.',
        input: z.object({ to: z.string() }),
        effect,
        run: () => void seen.push(inner.records.map(({ type }) => type)),
      })
      const definition = defineAgent({ name: 'tester', description: 'Tests.', level: 5, tools: [send] })
      const { records } = await tryTask(definition, [code('finalAnswer(1)')])
      const spec = records[0]?.type === 'task.created' ? taskSpecOf(records[0]) : undefined
      if (spec === undefined) throw new Error('no spec')
      const model = scriptedModel([code("finalAnswer(await send({ to: 'Ada' }))")])
      const loop = runLoop({ definition, spec, journal, model, tools: [send], sandbox: inlineSandbox() })
      const done = collect(loop)
      let ended = false
      void done.then(() => {
        ended = true
      })
      while (!ended) {
        release()
        await new Promise((resolve) => setImmediate(resolve))
      }
      // Only a call that changes something must wait until all earlier records are durable.
      expect(seen).toHaveLength(1)
      if (effect !== 'none')
        expect(seen[0]?.slice(-4)).toEqual(['step.replied', 'step.started', 'turn.committed', 'call.started'])
      expect((await done).at(-1)).toMatchObject({ record: { type: 'task.ended' } })
    },
  )

  it('emit each record in order, only once it is durable, and the end last', async () => {
    const { journal, inner, release } = slowJournal()
    const definition = defineAgent({ name: 'tester', description: 'Tests.', level: 0 })
    const { records } = await tryTask(definition, ['x'])
    const spec = records[0]?.type === 'task.created' ? taskSpecOf(records[0]) : undefined
    if (spec === undefined) throw new Error('no spec')
    const pump = setInterval(release, 1)
    const types: string[] = []
    for await (const event of runLoop({
      definition,
      spec,
      journal,
      model: scriptedModel(['hello']),
      tools: [],
    })) {
      types.push(event.type === 'record' ? event.record.type : event.type)
      if (event.type === 'record') expect(inner.records).toContain(event.record)
    }
    clearInterval(pump)
    expect(types).toEqual([
      'task.created',
      'task.started',
      'text',
      'step.replied',
      'step.ended',
      'task.ended',
    ])
  })
})

describe('another host', () => {
  it('takes the task over, and the fence stops this one from writing or calling anything', async () => {
    const sent: string[] = []
    const journal = memoryJournal()
    const other = journal.writer()
    const script = async () => {
      for await (const _ of other.read());
      await other.append([
        {
          type: 'task.started',
          at: 1,
          attempt: 2,
          host: 'other',
          engine: { node: '', v8: '', bailiwick: '' },
          level: 3,
        },
      ])
    }
    const model = scriptedModel([call('send', { to: 'Ada' })])
    const taken = {
      ...model,
      async *generate(...args: Parameters<typeof model.generate>) {
        await script()
        yield* model.generate(...args)
      },
    }
    const tool = sendTool('once', sent)
    const definition = defineAgent({ name: 'tester', description: 'Tests.', level: 3, tools: [tool] })
    const { records } = await tryTask(definition, [final(1)])
    const spec = records[0]?.type === 'task.created' ? taskSpecOf(records[0]) : undefined
    if (spec === undefined) throw new Error('no spec')
    const loop = collect(runLoop({ definition, spec, journal, model: taken, tools: [tool] }))
    await expect(loop).rejects.toMatchObject({ code: 'fenced' })
    expect(sent).toEqual([])
    expect(journal.records.at(-1)).toMatchObject({ type: 'task.started', host: 'other' })
  })
})

describe('suspending a task', () => {
  it('writes no end when the caller stops iterating or aborts with code suspended', async () => {
    const definition = defineAgent({ name: 'tester', description: 'Tests.', level: 0 })
    const { records } = await tryTask(definition, ['x'])
    const spec = records[0]?.type === 'task.created' ? taskSpecOf(records[0]) : undefined
    if (spec === undefined) throw new Error('no spec')
    const first = memoryJournal()
    for await (const event of runLoop({
      definition,
      spec,
      journal: first,
      model: scriptedModel(['x']),
      tools: [],
    })) {
      if (event.type === 'record' && event.record.type === 'task.started') break
    }
    expect(first.records.map(({ type }) => type)).not.toContain('task.ended')
    const again = await tryTask(definition, ['y'], { journal: memoryJournal(first.records) })
    expect(again.result.status).toBe('completed')

    const second = memoryJournal()
    const signal = AbortSignal.abort(new BailiwickError('suspended', 'the host drains'))
    const loop = collect(
      runLoop({ definition, spec, journal: second, model: scriptedModel(['x']), tools: [], signal }),
    )
    await expect(loop).rejects.toMatchObject({ code: 'suspended' })
    expect(second.records.map(({ type }) => type)).not.toContain('task.ended')
  })

  it('does not journal the failures that it causes in open calls', async () => {
    const wait = defineTool({
      name: 'wait',
      description: 'Waits.',
      input: z.object({}),
      effect: 'idempotent',
      run: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const whole = await tryTask({ level: 3, tools: [sendTool('none')] }, [final(1)])
    const spec = whole.records[0]?.type === 'task.created' ? taskSpecOf(whole.records[0]) : undefined
    if (spec === undefined) throw new Error('no spec')
    for (const level of [3, 5] as const) {
      const definition = defineAgent({ name: 'tester', description: 'Tests.', level, tools: [wait] })
      const grant = { ...spec.grant, level, tools: [wait] }
      const journal = memoryJournal()
      const model = scriptedModel([level === 3 ? call('wait', {}) : code('await wait({})')])
      const options = {
        definition,
        spec: { ...spec, grant },
        journal,
        model,
        tools: [wait],
        sandbox: inlineSandbox(),
      }
      for await (const event of runLoop(options)) {
        if (event.type === 'record' && event.record.type === 'call.started') break
      }
      expect(journal.records.slice(-2).map(({ type }) => type)).toEqual(['call.started', 'task.suspended'])
    }
  })

  it('emits only the end of a task that has ended', async () => {
    const whole = await tryTask({ level: 0 }, ['x'])
    const again = await tryTask({ level: 0 }, [], { journal: memoryJournal(whole.records) })
    expect(again.result).toEqual(whole.result)
    expect(again.requests).toHaveLength(0)
    expect(again.records).toHaveLength(whole.records.length)
  })
})

describe('a world that diverges', () => {
  it('is replaced by an empty one; the model is told, and both sides are journaled', async () => {
    const sent: string[] = []
    const tool = sendTool('idempotent', sent)
    const whole = await tryTask({ level: 5, tools: [tool] }, [
      code("const a = await send({ to: 'Ada' })"),
      code('finalAnswer(a)'),
    ])
    const prefix = upTo(whole.records, 'step.ended').map(
      (record): JournalRecord =>
        record.type === 'turn.committed' && record.turn === 0
          ? { ...record, calls: record.calls.map((one) => ({ ...one, argsHash: 'another' })) }
          : record,
    )
    const again = await tryTask(
      { level: 5, tools: [tool] },
      [code('finalAnswer(a)'), code('finalAnswer(typeof a)')],
      {
        journal: memoryJournal(prefix),
      },
    )
    expect(again.records).toContainEqual(
      expect.objectContaining({
        type: 'task.diverged',
        step: 2,
        recorded: expect.stringContaining('another'),
      }),
    )
    expect(JSON.stringify(again.requests[1]?.messages.at(-1))).toContain(
      'variables of all earlier steps are lost',
    )
    expect(again.result.output).toBe('undefined')
    expect(sent).toHaveLength(1)
  })
})

describe('a call that the code did not await', () => {
  it('is reported to the model, and a late outcome of effect once is journaled', async () => {
    const slow = defineTool({
      name: 'slow',
      description: 'Slow.',
      input: z.object({}),
      effect: 'once',
      run: () => new Promise((resolve) => setImmediate(() => resolve('late'))),
    })
    const trial = await tryTask({ level: 5, tools: [slow] }, [code("slow({})\nfinalAnswer('early')")])
    expect(trial.result.output).toBe('early')
    expect(trial.records).toContainEqual(expect.objectContaining({ type: 'call.late', call: '1.1' }))
  })
})

describe('approval', () => {
  const script = [call('send', { to: 'Ada' }), final('done')]

  it.each([
    ['never', 'once', 0],
    ['risky', 'none', 0],
    ['risky', 'idempotent', 0],
    ['risky', 'once', 1],
    ['always', 'none', 1],
  ] as const)('%s: asks about a call of effect %s %i times', async (approval, effect, times) => {
    const asked: unknown[] = []
    const sent: string[] = []
    await tryTask({ level: 3, tools: [sendTool(effect, sent)], approval }, script, {
      approve: async ({ id, name, args }) => {
        asked.push([id, name, args])
        return { decision: 'approve', by: 'Grace' }
      },
    })
    expect(asked).toEqual(times === 0 ? [] : [['1.1', 'send', { to: 'Ada' }]])
    expect(sent).toHaveLength(1)
  })

  it('journals the decision, tells the model why a call was rejected, and refuses if nobody can be asked', async () => {
    const sent: string[] = []
    const options = { level: 3 as const, tools: [sendTool('once', sent)], approval: 'risky' as const }
    const no = await tryTask(options, script, {
      approve: async () => ({ decision: 'reject', by: 'Grace', reason: 'not on Sundays' }),
    })
    expect(no.records.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['call.asked', 'call.decided', 'call.refused']),
    )
    expect(JSON.stringify(no.requests[1]?.messages.at(-1))).toContain('Grace rejected send: not on Sundays')
    const nobody = await tryTask(options, script)
    expect(JSON.stringify(nobody.requests[1]?.messages.at(-1))).toContain('nobody can be asked')
    expect(sent).toEqual([])
  })

  it('does not ask again after a decision, and repeats an open question without a second record', async () => {
    const options = { level: 3 as const, tools: [sendTool('once')], approval: 'always' as const }
    const yes = async () => true
    const whole = await tryTask(options, script, { approve: yes })
    const answered = await tryTask(options, script.slice(1), {
      journal: memoryJournal(upTo(whole.records, 'call.decided')),
    })
    expect(answered.result.output).toBe('done')
    const asked = await tryTask(options, script.slice(1), {
      journal: memoryJournal(upTo(whole.records, 'call.asked')),
      approve: yes,
    })
    expect(asked.records.filter(({ type }) => type === 'call.asked')).toHaveLength(1)
    expect(asked.result.output).toBe('done')
  })
})
