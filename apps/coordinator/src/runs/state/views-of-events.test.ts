import { EVENT_TYPES, eventEntry, projectEvents } from '@bailiwick/bus'
import { type JournalRecord, NO_USAGE } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import {
  foldRunView,
  foldTaskView,
  type RunView,
  type TaskView,
  type ViewEntry,
} from '@bailiwick/core/journal'
import { tryTask } from '@bailiwick/core/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'

const double = defineTool({
  name: 'double',
  description: 'Doubles.',
  input: z.object({ n: z.number() }),
  effect: 'once',
  run: ({ n }) => 2 * n,
})

/** The events of these records, as `{ type, at, ...data }`. */
function entries(records: JournalRecord[]): ViewEntry[] {
  const append = { writer: 'tester', run: 'r1', task: 'r1-t1', sequence: 1, records }
  return projectEvents(append, { owner: 'user' }).map(({ event }) => {
    const entry = eventEntry(JSON.parse(JSON.stringify(event)))
    if (entry === undefined) throw new Error(`${event.type} is unknown or its data does not fit`)
    return entry
  })
}

/** A view without the entries that it keeps whole: only those differ, by their texts. */
function common<V extends TaskView | RunView>(view: V | undefined) {
  return JSON.parse(JSON.stringify(view, (_, value) => (value?.type in EVENT_TYPES ? value.type : value)))
}

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ n: z.number() }),
  effect: 'none',
  run: ({ n }) => n,
})

const LOOK = '<code>\nconst d = (await look({ n: 2 })) + (await look({ n: 2 }))\n</code>'
const CALL = '<code>\nconst d = await double({ n: 2 })\nconsole.log(d)\n</code>'

it.each([
  ['completed', [CALL, '<code>\nfinalAnswer(d)\n</code>'], true],
  ['rejected by a person', [CALL, '<code>\nfinalAnswer(1)\n</code>'], false],
  ['exhausted', [CALL, CALL, 'no idea'], true],
  ['with calls that change nothing', [LOOK, '<code>\nfinalAnswer(d)\n</code>'], true],
] as const)('folds the same task view from events as from records: %s', async (_, script, approved) => {
  const definition = {
    level: 5 as const,
    tools: [double, look],
    approval: 'always' as const,
    budget: { steps: 2 },
  }
  const { records } = await tryTask(definition, [...script], { approve: async () => approved })
  for (let length = 1; length <= records.length; length += 1) {
    const prefix = records.slice(0, length)
    const ofRecords = prefix.reduce<TaskView | undefined>(foldTaskView, undefined)
    const ofEvents = entries(prefix).reduce<TaskView | undefined>(foldTaskView, undefined)
    expect(common(ofEvents)).toEqual(common(ofRecords))
  }
})

it('folds the same run view from events as from records', () => {
  const result = { status: 'completed' as const, output: 'x', usage: NO_USAGE, artifacts: [] }
  const records: JournalRecord[] = [
    {
      type: 'run.submitted',
      at: 1,
      run: 'r1',
      text: 'x',
      inputs: [],
      strategy: 'plan',
      owner: 'user',
      budget: {},
    },
    { type: 'run.driven', at: 1, coordinator: 'c-1' },
    { type: 'run.planned', at: 2, tasks: [{ name: 't1', agent: 'a', text: 'x', after: [], inputs: [] }] },
    { type: 'task.dispatched', at: 3, name: 't1', task: 'r1-t1', agent: 'a', attempt: 1 },
    { type: 'run.cancel-requested', at: 4, by: 'user', reason: 'enough' },
    { type: 'task.returned', at: 5, name: 't1', task: 'r1-t1', ...result },
    { type: 'run.ended', at: 6, status: 'completed', answer: 'x', usage: NO_USAGE, artifacts: [] },
  ]
  const ofRecords = records.reduce<RunView | undefined>(foldRunView, undefined)
  const ofEvents = entries(records).reduce<RunView | undefined>(foldRunView, undefined)
  expect(common(ofEvents)).toEqual(common(ofRecords))
  expect(ofEvents).toMatchObject({ plan: { tasks: [{ name: 't1' }] }, ended: { status: 'completed' } })
})
