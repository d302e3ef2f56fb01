import { hasCode, type JournalRecord, NO_USAGE, type Sandbox, type TaskResult } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import type { Approve } from '../gate/ask-person.ts'
import type { Delegate, DelegateRequest } from '../gate/delegation.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { foldTaskWorld, onlyWaits } from '../journal/task-world.ts'
import { inlineSandbox } from '../testing/inline-sandbox.ts'
import type { Script, ScriptedReply } from '../testing/scripted-model.ts'
import { type Trial, type TrialOptions, tryTask } from '../testing/try-task.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
const calls = (...made: [string, unknown][]): ScriptedReply => ({
  calls: made.map(([name, args]) => ({ name, arguments: args })),
})
const final = (answer: unknown) => calls(['finalAnswer', { answer }])

/** A person who never decides. */
const nobody: Approve = () => new Promise(() => {})
const yes: Approve = async () => ({ decision: 'approve', by: 'Grace' })

function sendTool(sent: string[] = []) {
  return defineTool({
    name: 'send',
    description: 'Sends.',
    input: z.object({ to: z.string() }),
    effect: 'once',
    run: ({ to }, { key }) => {
      sent.push(`${key} ${to}`)
      return `sent to ${to}`
    },
  })
}

const slow = defineTool({
  name: 'slow',
  description: 'Takes a while.',
  input: z.object({ ms: z.number() }),
  effect: 'none',
  run: ({ ms }) => new Promise((resolve) => setTimeout(() => resolve('slow'), ms)),
})

type Agent = Parameters<typeof tryTask>[0]

/** Works on a task until it is left. @returns its records */
async function leave(agent: Agent, script: Script, trial: TrialOptions): Promise<JournalRecord[]> {
  const { journal = memoryJournal() } = trial
  const left = tryTask(agent, script, { suspendAfterMs: 5, ...trial, journal })
  await expect(left).rejects.toThrow('the task has not ended')
  return journal.records
}

function typesOf(records: readonly JournalRecord[]): string[] {
  return records.map(({ type }) => type)
}

function resume(agent: Agent, script: Script, records: readonly JournalRecord[], trial: TrialOptions) {
  return tryTask(agent, script, { suspendAfterMs: 5, ...trial, journal: memoryJournal(records) })
}

describe('a task whose calls wait for a person', () => {
  it.each([2, 3, 5] as const)('is left and continued at level %i, and is asked once', async (level) => {
    const sent: string[] = []
    const agent: Agent = { level, tools: [sendTool(sent)], approval: 'always' }
    const script =
      level === 5 ? [code("finalAnswer(await send({ to: 'Ada' }))")] : [calls(['send', { to: 'Ada' }])]
    const records = await leave(agent, script, { approve: nobody })
    expect(records.at(-1)).toMatchObject({ type: 'task.waiting', step: 1, calls: ['1.1'] })
    expect(sent).toEqual([])
    const again: Trial = await resume(
      agent,
      level === 5 ? [] : [level === 2 ? 'done' : final('done')],
      records,
      {
        approve: yes,
      },
    )
    expect(again.result).toMatchObject({ status: 'completed', output: level === 5 ? 'sent to Ada' : 'done' })
    expect(typesOf(again.records).filter((type) => type === 'call.asked')).toHaveLength(1)
    expect(sent).toEqual(['run-t1/1.1 Ada'])
  })

  it('can be left many times, and takes several decisions in any order', async () => {
    const sent: string[] = []
    const agent: Agent = { level: 5, tools: [sendTool(sent)], approval: 'always' }
    const script = [
      code(
        `finalAnswer(await Promise.all(['a', 'b', 'c'].map((to) => send({ to }).catch((e) => e.message))))`,
      ),
    ]
    const deciding = (known: Record<string, 'approve' | 'reject'>): Approve => {
      return ({ id }, signal) => {
        const decision = known[id]
        return decision === undefined
          ? nobody({} as never, signal)
          : Promise.resolve({ decision, by: 'Grace' })
      }
    }
    let records = await leave(agent, script, { approve: nobody })
    records = await leave(agent, [], {
      approve: deciding({ '1.3': 'approve' }),
      journal: memoryJournal(records),
    })
    expect(records.at(-1)).toMatchObject({ type: 'task.waiting', calls: ['1.1', '1.2'] })
    records = await leave(agent, [], {
      approve: deciding({ '1.2': 'reject' }),
      journal: memoryJournal(records),
    })
    expect(records.at(-1)).toMatchObject({ type: 'task.waiting', calls: ['1.1'] })
    const { result } = await resume(agent, [], records, { approve: deciding({ '1.1': 'approve' }) })
    expect(result.output).toEqual(['sent to a', 'Grace rejected send', 'sent to c'])
    expect(sent.sort()).toEqual(['run-t1/1.1 a', 'run-t1/1.3 c'])
  })

  it('is not left again before it has reached its calls, however long its world takes to rebuild', async () => {
    const agent: Agent = { level: 5, tools: [sendTool()], approval: 'always' }
    const records = await leave(agent, [code("finalAnswer(await send({ to: 'Ada' }))")], { approve: nobody })
    const sandbox = inlineSandbox()
    const open: Sandbox['open'] = async (world) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return sandbox.open(world)
    }
    const { result } = await resume(agent, [], records, { approve: yes, sandbox: { ...sandbox, open } })
    expect(result.output).toBe('sent to Ada')
  })

  it.each([3, 5] as const)('is not left at level %i while another call is open', async (level) => {
    const agent: Agent = { level, tools: [sendTool(), slow], approval: 'risky' }
    const script =
      level === 5
        ? [code("finalAnswer(await Promise.all([send({ to: 'Ada' }), slow({ ms: 60 })]))")]
        : [calls(['send', { to: 'Ada' }], ['slow', { ms: 60 }])]
    const types = typesOf(await leave(agent, script, { approve: nobody }))
    expect(types.slice(types.indexOf('call.ended'))).toEqual(
      level === 5 ? ['call.ended', 'turn.committed', 'task.waiting'] : ['call.ended', 'task.waiting'],
    )
  })

  it('stays in a process that does not leave tasks', async () => {
    const agent: Agent = { level: 3, tools: [sendTool()], approval: 'always' }
    const approve: Approve = () => new Promise((resolve) => setTimeout(() => resolve(true), 30))
    const { records } = await tryTask(agent, [calls(['send', { to: 'Ada' }]), final('done')], { approve })
    expect(typesOf(records)).not.toContain('task.waiting')
  })

  it('journals a decision before it makes the call, whatever the effect', async () => {
    const known: string[][] = []
    const look = defineTool({
      name: 'look',
      description: 'Reads.',
      input: z.object({}),
      effect: 'none',
      run: () => void known.push(typesOf(journal.records)),
    })
    const journal = memoryJournal()
    await tryTask({ level: 3, tools: [look], approval: 'always' }, [calls(['look', {}]), final(1)], {
      approve: yes,
      journal,
    })
    expect(known[0]).toContain('call.decided')
  })
})

describe('a task that waits for delegates', () => {
  const result: TaskResult = { status: 'completed', output: 5, usage: NO_USAGE, artifacts: [] }
  const agents = [{ name: 'scout', description: 'Scouts.', level: 0 as const }]
  const agent: Agent = { level: 5, delegates: ['scout'], tools: [sendTool()], approval: 'risky' }
  const script = [
    code("finalAnswer(await Promise.all([scout({ task: 'x' }).then((r) => r.output), send({ to: 'Ada' })]))"),
  ]

  it('is left, does not end its delegates, and asks for the same delegate again', async () => {
    const requests: DelegateRequest[] = []
    const never: Delegate = (request, atWork) => {
      requests.push(request)
      setTimeout(atWork, 20)
      return new Promise<never>(() => {})
    }
    const records = await leave(agent, script, { agents, delegate: never, approve: nobody })
    expect(records.at(-1)).toMatchObject({
      type: 'task.waiting',
      calls: expect.arrayContaining(['1.1', '1.2']),
    })
    expect(hasCode(requests[0]?.signal.reason, 'suspended')).toBe(true)
    const delegate = async (request: DelegateRequest) => {
      requests.push(request)
      return result
    }
    const again = await resume(agent, [], records, { agents, delegate, approve: yes })
    expect(again.result.output).toEqual([5, 'sent to Ada'])
    expect(requests.map(({ key, text }) => [key, text])).toEqual([
      ['run-t1/1.1', 'x'],
      ['run-t1/1.1', 'x'],
    ])
  })
})

describe('the time that a task waits', () => {
  // A busy machine may need a second for what the task does itself.
  const agent: Agent = { level: 5, tools: [sendTool(), slow], approval: 'risky', budget: { wallMs: 2_000 } }
  const after = (ms: number): Approve => {
    return () => new Promise((resolve) => setTimeout(() => resolve(true), ms))
  }

  it('does not count toward its wall time, in memory or without a host', async () => {
    const script = [code("await send({ to: 'Ada' })\nfinalAnswer(1)")]
    expect((await tryTask(agent, script, { approve: after(2_500) })).result.status).toBe('completed')
    const left = await leave(agent, script, { approve: nobody })
    const day = 24 * 3_600_000
    const past = left.map((record): JournalRecord => ({ ...record, at: record.at - day }))
    const again = await resume(agent, [], past, { approve: yes })
    expect(again.result.status).toBe('completed')
    expect(foldTaskWorld(again.records).waitedMs).toBeGreaterThanOrEqual(day)
  })

  it('counts while another call is open', async () => {
    const script = [code("await Promise.all([send({ to: 'Ada' }), slow({ ms: 20_000 })])\nfinalAnswer(1)")]
    const { result } = await tryTask(agent, script, { approve: after(30_000) })
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'wallMs' } })
  })

  it('ends at the deadline, also if that has passed without a host, and withdraws the question', async () => {
    const patient: Agent = { level: 5, tools: [sendTool()], approval: 'always' }
    const script = [code("finalAnswer(await send({ to: 'Ada' }))")]
    const soon = { spec: { deadline: Date.now() + 100 }, approve: nobody }
    const live = await tryTask(patient, script, soon)
    expect(live.result).toMatchObject({ status: 'exhausted', error: { code: 'exhausted', limit: 'wallMs' } })
    expect(typesOf(live.records).slice(-2)).toEqual(['call.withdrawn', 'task.ended'])

    const deadline = Date.now() + 60_000
    const left = await leave(patient, script, { spec: { deadline }, approve: nobody })
    const late = await resume(patient, [], left, { approve: yes, now: () => deadline + 1 })
    expect(late.result).toMatchObject({ status: 'exhausted', error: { code: 'exhausted', limit: 'wallMs' } })
    expect(typesOf(late.records).slice(-3)).toEqual(['task.started', 'call.withdrawn', 'task.ended'])
  })

  it('can be longer than the longest timer', async () => {
    const deadline = Date.now() + 2 ** 40
    const { result } = await tryTask({ level: 0 }, ['done'], { spec: { deadline } })
    expect(result.status).toBe('completed')
  })
})

describe('a question whose step ends', () => {
  const agent: Agent = { level: 5, tools: [sendTool()], approval: 'always' }

  it('is withdrawn when the code answers without awaiting it', async () => {
    const { records } = await tryTask(agent, [code("send({ to: 'Ada' })\nfinalAnswer('early')")], {
      approve: nobody,
      suspendAfterMs: 5,
    })
    const withdrawn = records.filter(({ type }) => type === 'call.withdrawn')
    expect(withdrawn).toMatchObject([{ step: 1, call: '1.1' }])
    expect(typesOf(records).indexOf('call.withdrawn')).toBeLessThan(typesOf(records).indexOf('step.ended'))
  })

  it('is withdrawn when the task is canceled', async () => {
    const stop = new AbortController()
    const approve: Approve = () => {
      stop.abort(new Error('not needed'))
      return new Promise(() => {})
    }
    const { result, records } = await tryTask(agent, [code("await send({ to: 'Ada' })")], {
      approve,
      signal: stop.signal,
    })
    expect(result.status).toBe('canceled')
    expect(typesOf(records).slice(-2)).toEqual(['call.withdrawn', 'task.ended'])
  })
})

describe('a task that is canceled while it is left', () => {
  it('ends, so that nothing resumes it', async () => {
    const stop = new AbortController()
    const approve: Approve = (_, signal) => {
      return new Promise(() => signal.addEventListener('abort', () => stop.abort(new Error('not needed'))))
    }
    const agent: Agent = { level: 5, tools: [sendTool()], approval: 'always' }
    const { result, records } = await tryTask(agent, [code("await send({ to: 'Ada' })")], {
      approve,
      suspendAfterMs: 5,
      signal: stop.signal,
    })
    expect(result).toMatchObject({ status: 'canceled', error: { message: 'not needed' } })
    expect(typesOf(records).slice(-2)).toEqual(['call.withdrawn', 'task.ended'])
  })
})

describe('onlyWaits', () => {
  it('is true exactly at the end of a journal that its host left', async () => {
    const agent: Agent = { level: 5, tools: [sendTool(), slow], approval: 'risky' }
    const records = await leave(
      agent,
      [
        code(
          "await slow({ ms: 1 })\nawait Promise.all([send({ to: 'a' }), slow({ ms: 9 }), send({ to: 'b' })])",
        ),
      ],
      { approve: nobody },
    )
    const waits = records.map((_, index) => onlyWaits(foldTaskWorld(records.slice(0, index + 1))))
    expect(waits.indexOf(true)).toBe(records.length - 2)
  })
})
