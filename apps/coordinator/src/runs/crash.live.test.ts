import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunBed, runBed } from '../testing/run-bed.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

let bed: RunBed
beforeAll(async () => {
  // With a second specialist, only the planner can tell who gets an `auto` run.
  bed = await runBed(undefined, {}, [{ name: 'other', description: 'other', level: 0 }])
})
afterAll(() => bed[Symbol.asyncDispose]())

const plan = JSON.stringify({
  tasks: [
    { name: 'a', agent: 'worker', text: 'A', after: [], inputs: [] },
    { name: 'b', agent: 'worker', text: 'B', after: [], inputs: [] },
    { name: 'c', agent: 'worker', text: 'C', after: ['a', 'b'], inputs: [] },
  ],
})

/** Durable messages that the coordinator itself sends for a run. */
const KINDS = [
  // The run with its task, the task, its bell, its result.
  ['direct', { strategy: 'direct', agent: 'worker' } as const, 'go', 4],
  // The run with its plan's task, that task (created and replied, ended), the plan, three tasks and their bells, and
  // so on.
  ['planned', { strategy: 'plan' } as const, expect.stringContaining('go'), 16],
  // The planner gives all of it to one agent, so there is one task and no writer.
  ['auto', { strategy: 'auto' } as const, 'go', 9],
] as const

describe.each(KINDS)('a run (%s)', (kind, request, answer, messages) => {
  const reply = kind === 'auto' ? '{"direct": "worker"}' : plan
  it.each(Array.from({ length: messages + 1 }, (_, count) => count + 1))(
    'is finished by the next daemon if the first one dies after its message %i',
    async (count) => {
      const run = `${kind}-${count}`
      const first = await bed.coordinator({ diesAfter: count, model: [reply] })
      const submitted = first.runs.submit({ run, text: 'go', inputs: [], ...request }, 'user').catch(() => {})
      await Promise.race([first.died, ended(run)])
      await first.kill()
      await submitted
      const next = await bed.coordinator({ model: [reply] })
      await ended(run)
      const { result, tasks } = await next.runs.get(run)
      expect(result).toMatchObject({ status: 'completed', answer })
      expect(tasks.map(({ status, attempt }) => [status, attempt])).toEqual(tasks.map(() => ['completed', 1]))
      const records = await bed.records(run)
      const once = records
        .map(({ task, record }) => `${'name' in record ? record.name : task} ${record.type}`)
        .filter((line) =>
          /run\.(submitted|planned|ended)|task\.(created|dispatched|returned|ended)/.test(line),
        )
      expect(once).toEqual([...new Set(once)])
      expect(records.at(0)?.record.type).toBe('run.submitted')
      expect(records.at(-1)?.record.type).toBe('run.ended')
      expect(next.notes).toEqual([])
      await next.kill()
    },
  )
})

/** Resolves when the journal of a run has its end. */
async function ended(run: string): Promise<void> {
  await vi.waitFor(
    async () => expect((await bed.records(run)).some(({ record }) => record.type === 'run.ended')).toBe(true),
    { timeout: 60_000, interval: 20 },
  )
}
