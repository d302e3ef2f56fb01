import type { JournalRecord, RecordOf, Sandbox } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { type Script, tryTask } from '@bailiwick/core/testing'
import { type ReplayedStep, replayTask } from '@bailiwick/core/world'
import { createSandbox } from '@bailiwick/sandbox'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

await useBubblewrap()

let sandbox: Sandbox
const restored: (number | undefined)[] = []
beforeAll(async () => {
  const made = await createSandbox()
  sandbox = {
    ...made,
    async open(world, signal) {
      const session = await made.open(world, signal)
      restored.push(session.restored?.step)
      return session
    },
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  }
})
afterAll(() => sandbox[Symbol.asyncDispose]())

let calls = 0
const next = defineTool({
  name: 'next',
  description: 'Returns a new number each time.',
  input: z.object({}),
  effect: 'once',
  run: () => {
    calls += 1
    return calls
  },
})
const code = (text: string) => `<code>\n${text}\n</code>`
const replies = [
  code('let list = [await next({})]'),
  code('list.push(await next({}), Math.random())'),
  code('list.push(list.length)'),
  code('finalAnswer(list)'),
]
/** Replies by step, because a resumed task requests only the missing replies. */
const script: Script = ({ lane }) => replies[lane.step - 1] ?? ''
const definition = { level: 5 as const, tools: [next], limits: { checkpointCpuMs: 0 } }

async function whole(limits = definition.limits): Promise<{ records: JournalRecord[]; output: unknown }> {
  const { records, result } = await tryTask({ ...definition, limits }, script, { sandbox })
  return { records, output: result.output }
}

/** The records that a host left which died right after a step's end or checkpoint. */
function upTo(
  records: JournalRecord[],
  type: 'step.ended' | 'step.checkpointed',
  step: number,
): JournalRecord[] {
  return records.slice(0, records.findIndex((one) => one.type === type && one.step === step) + 1)
}

async function resume(records: readonly JournalRecord[], limits = definition.limits) {
  restored.length = 0
  const before = calls
  const journal = memoryJournal(records)
  const { result, requests } = await tryTask({ ...definition, limits }, script, { sandbox, journal })
  return {
    output: result.output,
    asked: requests.length,
    called: calls - before,
    restored: [...restored],
    added: journal.records.slice(records.length),
  }
}

describe('resuming from a checkpoint', () => {
  it('gives the same result, starting from the newest checkpoint', async () => {
    const { records, output } = await whole()
    expect(await resume(upTo(records, 'step.checkpointed', 3))).toMatchObject({
      output,
      asked: 1,
      called: 0,
      restored: [3],
    })
    expect(await resume(upTo(records, 'step.ended', 3))).toMatchObject({
      output,
      asked: 1,
      called: 0,
      restored: [2],
    })
  })

  it('takes no checkpoint before enough CPU time has passed', async () => {
    expect(
      await whole({ checkpointCpuMs: 2_000 }).then(({ records }) =>
        records.filter(({ type }) => type === 'step.checkpointed'),
      ),
    ).toEqual([])
  })

  it('falls back to replay if the checkpoint is damaged, and journals the refusal once', async () => {
    const { records, output } = await whole()
    const spoilt = upTo(records, 'step.checkpointed', 3).map((one) =>
      one.type === 'step.checkpointed' ? { ...one, text: one.text.slice(0, -20) } : one,
    )
    const first = await resume(spoilt)
    expect(first).toMatchObject({ output, asked: 1, called: 0, restored: [undefined] })
    expect(first.added.filter(({ type }) => type === 'step.checkpoint-refused')).toMatchObject([{ step: 3 }])
    const told = first.added.findIndex(({ type }) => type === 'step.checkpoint-refused')
    const again = await resume([...spoilt, ...first.added.slice(0, told + 1)])
    expect(again.added.filter(({ type }) => type === 'step.checkpoint-refused')).toEqual([])
  })

  it('replays all steps if the checkpoint leads to a world that differs from the record', async () => {
    const { records, output } = await whole()
    // A valid checkpoint of another world: its text matches its own hash.
    const other = await tryTask(definition, [code('let list = [7, 8]'), ...replies.slice(3)], { sandbox })
    const foreign = other.records.find(
      (one): one is RecordOf<'step.checkpointed'> => one.type === 'step.checkpointed',
    )
    const records2 = upTo(records, 'step.ended', 3)
      .filter(({ type }) => type !== 'step.checkpointed')
      .flatMap((one) => (one.type === 'step.ended' && one.step === 1 && foreign ? [one, foreign] : [one]))
    const resumed = await resume(records2)
    expect(resumed).toMatchObject({ output, asked: 1, called: 0, restored: [1, undefined] })
    expect(resumed.added.find(({ type }) => type === 'step.checkpoint-refused')).toMatchObject({
      step: 1,
      reason: expect.stringContaining('after step 2 differs from its record'),
    })
    expect(resumed.added.filter(({ type }) => type === 'task.diverged')).toEqual([])
  })

  it('ignores a checkpoint that was made under other limits, without a record', async () => {
    const { records, output } = await whole()
    const resumed = await resume(upTo(records, 'step.checkpointed', 3), { checkpointCpuMs: 1 })
    expect(resumed).toMatchObject({ output, restored: [undefined] })
    expect(resumed.added.filter(({ type }) => type === 'step.checkpoint-refused')).toEqual([])
  })

  it('replays every step in replayTask, even if there are checkpoints', async () => {
    const { records } = await whole()
    const spoilt = records.map((one) =>
      one.type === 'step.checkpointed' ? { ...one, worldHash: 'x', text: '{}' } : one,
    )
    const steps: ReplayedStep[] = []
    restored.length = 0
    for await (const step of replayTask({ records: spoilt, sandbox })) steps.push(step)
    expect(steps.map(({ step, status }) => [step, status])).toEqual([
      [1, 'same'],
      [2, 'same'],
      [3, 'same'],
      [4, 'same'],
    ])
    expect(restored).toEqual([undefined])
  })
})

describe('a world that differs from its record', () => {
  it('is abandoned: the journal holds the difference and the engines, and the model reads that variables are lost', async () => {
    const { records } = await whole({ checkpointCpuMs: 2_000 })
    const changed = upTo(records, 'step.ended', 3).map((one) =>
      one.type === 'step.ended' && one.step === 2 ? { ...one, worldHash: '0123456789abcdef' } : one,
    )
    const { added, asked } = await resume(changed, { checkpointCpuMs: 2_000 })
    expect(added.find(({ type }) => type === 'task.diverged')).toMatchObject({
      step: 2,
      recorded: 'world 0123456789abcdef',
      replayed: expect.stringMatching(/^world [0-9a-f]{16}$/),
      engines: {
        recorded: [expect.stringContaining('V8')],
        replayed: expect.stringContaining(process.version),
      },
    })
    expect(added.find(({ type }) => type === 'step.ended')).toMatchObject({
      observation: expect.stringMatching(/variables .*lost/i),
    })
    expect(asked).toBeGreaterThan(1)
  })
})
