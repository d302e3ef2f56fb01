import {
  type CallOutcome,
  hasCode,
  type JournalRecord,
  type Sandbox,
  type TaskSpec,
} from '@bailiwick/contract'
import { createSandbox } from '@bailiwick/sandbox'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyRecord, foldTaskWorld, stepOf } from '../src/journal/task-world.ts'
import { CodeWorld } from '../src/world/code-world.ts'
import { type ReplayedStep, replayTask } from '../src/world/replay-task.ts'

await useBubblewrap()

let sandbox: Sandbox & AsyncDisposable
beforeAll(async () => {
  sandbox = await createSandbox()
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const spec: TaskSpec = {
  run: 'r1',
  owner: 'user',
  task: 'r1-t1',
  agent: 'counter',
  name: 't1',
  text: 'Count.',
  inputs: [{ name: 'start', description: 'start: number 40', value: 40 }],
  results: {},
  grant: {
    level: 5,
    tools: [{ name: 'add', description: 'Adds.', input: { type: 'object' }, effect: 'none' }],
    delegates: [],
    imports: [],
    budget: {},
    approval: 'never',
  },
  seed: 's',
  depth: 0,
}
const begun: JournalRecord[] = [{ type: 'task.created', at: 0, ...spec }]

/** A process that works on a task: its world, and the calls that left it. */
function workOn(records: JournalRecord[]) {
  const state = foldTaskWorld(records)
  const calls: string[] = []
  const lines: string[] = []
  const record = (next: JournalRecord) => {
    records.push(next)
    applyRecord(state, next)
  }
  const call = async ({ id, args }: { id: string; args: unknown }): Promise<CallOutcome> => {
    calls.push(id)
    const { a, b } = args as { a: number; b: number }
    return { id, ms: 0, ok: true, value: a + b }
  }
  const printed = (_: number, line: string) => lines.push(line)
  const signal = new AbortController().signal
  const flushed = async () => {}
  const world = new CodeWorld({ sandbox, state, signal, now: Date.now, record, flushed, call, printed })
  const run = async (number: number, code: string) => {
    const seen = await world.execute(stepOf(state, number), code)
    const { status, preview: observation, worldHash } = seen
    record({ type: 'step.ended', at: 0, step: number, status, observation, ...(worldHash && { worldHash }) })
    return observation
  }
  return { world, run, calls, lines, records }
}

async function twoSteps(): Promise<JournalRecord[]> {
  const first = workOn([...begun])
  await using _ = first.world
  await first.run(1, 'const sum = await add({ a: start, b: 1 }); console.log(sum); sum')
  await first.run(2, 'const more = sum + Math.floor(Math.random() * 1000); more')
  expect(first.lines).toEqual(['41'])
  expect(first.calls).toEqual(['1.1'])
  return first.records
}

async function replay(records: JournalRecord[]): Promise<ReplayedStep[]> {
  const steps: ReplayedStep[] = []
  for await (const step of replayTask({ records, sandbox })) steps.push(step)
  return steps
}

it('journals code, inputs and turns in order', async () => {
  const records = await twoSteps()
  const types = records.map(({ type }) => type)
  expect(types).toEqual([
    'task.created',
    ...['step.started', 'turn.committed', 'call.ended', 'turn.committed', 'step.ended'],
    ...['step.started', 'turn.committed', 'step.ended'],
  ])
  expect(records[1]).toMatchObject({ functions: ['add', 'observations'] })
})

it('rebuilds the same world in the next process without repeating a call', async () => {
  const records = await twoSteps()
  const seen = records.findLast((record) => record.type === 'step.ended')
  const next = workOn(records)
  await using _ = next.world
  expect(await next.run(3, '[sum, more]')).toBe(`[41, ${seen?.observation}]`)
  expect(next.calls).toEqual([])
})

it('throws and journals a divergence, then continues in an empty world', async () => {
  const records = (await twoSteps()).map((record) =>
    record.type === 'step.started' && record.step === 1
      ? { ...record, code: record.code.replace('b: 1', 'b: 2') }
      : record,
  )
  const next = workOn(records)
  await using _ = next.world
  await expect(next.run(3, 'sum')).rejects.toSatisfy((error) => hasCode(error, 'diverged'))
  expect(records.at(-1)).toMatchObject({ type: 'task.diverged', step: 1, turn: 0 })
  expect(await next.run(3, 'typeof sum')).toBe('undefined')
})

/** A journal of an earlier version that had one more function. */
async function withFormerFunction(code: string): Promise<JournalRecord[]> {
  const former = {
    name: 'readObservation',
    description: 'x',
    input: { type: 'object' },
    effect: 'none' as const,
  }
  const grant = { ...spec.grant, tools: [...spec.grant.tools, former] }
  const first = workOn([{ type: 'task.created', at: 0, ...spec, grant }])
  await using _ = first.world
  await first.run(1, code)
  return first.records.map((record) => (record.type === 'task.created' ? { ...record, ...spec } : record))
}

it('continues if a function was removed that no step has called', async () => {
  const next = workOn(await withFormerFunction('const sum = await add({ a: start, b: 1 })'))
  await using _ = next.world
  expect(await next.run(2, '[sum, typeof readObservation]')).toBe('[41, "undefined"]')
})

it('diverges if a function was removed that a step has called, and names it and both digests', async () => {
  const next = workOn(await withFormerFunction('const seen = await readObservation({ a: 1, b: 2 })'))
  await using _ = next.world
  await expect(next.run(2, 'seen')).rejects.toSatisfy((error) => hasCode(error, 'diverged'))
  expect(next.records.at(-1)).toMatchObject({
    type: 'task.diverged',
    step: 1,
    recorded: expect.stringMatching(/1\.1 readObservation\(.*\nwith functions of digest \w+/),
    replayed: expect.stringMatching(/no call.*\nwith functions of digest \w+/),
  })
})

it('replays without calls, up to the step that differs from its record', async () => {
  const records = await twoSteps()
  const replayed = await replay(records)
  expect(replayed.map(({ step, status, turns }) => [step, status, turns])).toEqual([
    [1, 'same', 2],
    [2, 'same', 1],
  ])
  const spoilt = records.map((record) =>
    record.type === 'step.started' && record.step === 2
      ? { ...record, code: 'const more = 0; more' }
      : record,
  )
  const [, second] = await replay(spoilt)
  expect(second).toMatchObject({ status: 'diverged', message: expect.stringContaining('world') })
})
