import {
  type CallOutcome,
  hasCode,
  type JournalRecord,
  type Sandbox,
  type TaskSpec,
} from '@bailiwick/contract'
import { createSandbox } from '@bailiwick/sandbox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyRecord, foldTaskWorld, stepOf } from '../journal/task-world.ts'
import { CodeWorld } from './code-world.ts'
import { type ReplayedStep, replayTask } from './replay-task.ts'

let sandbox: Sandbox & AsyncDisposable
beforeAll(async () => {
  sandbox = await createSandbox()
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const spec: TaskSpec = {
  run: 'r1',
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

/** A process at work on a task: its world over what the journal holds, and each call that left it. */
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

it('journals code, what was delivered and each turn, in their order', async () => {
  const records = await twoSteps()
  const types = records.map(({ type }) => type)
  expect(types).toEqual([
    'task.created',
    ...['step.started', 'turn.committed', 'call.ended', 'turn.committed', 'step.ended'],
    ...['step.started', 'turn.committed', 'step.ended'],
  ])
  expect(records[1]).toMatchObject({ functions: ['add', 'observations'] })
})

it('gives the next process the same world again, and makes no call twice', async () => {
  const records = await twoSteps()
  const seen = records.findLast((record) => record.type === 'step.ended')
  const next = workOn(records)
  await using _ = next.world
  expect(await next.run(3, '[sum, more]')).toBe(`[41, ${seen?.observation}]`)
  expect(next.calls).toEqual([])
})

it('does not go on in another world: it says so, journals it, and begins anew', async () => {
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

/** As an earlier version would have left it: with a function that there is no more. */
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

it('goes on where a function is gone that no step has called', async () => {
  const next = workOn(await withFormerFunction('const sum = await add({ a: start, b: 1 })'))
  await using _ = next.world
  expect(await next.run(2, '[sum, typeof readObservation]')).toBe('[41, "undefined"]')
})

it('does not go on where one is gone that was called: says which, and that the functions were others', async () => {
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

it('is replayed without anybody to call, up to where it goes another way', async () => {
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
