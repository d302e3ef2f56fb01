/**
 * Every version must read, replay and resume the journals in `src/journal/fixtures`. From now on the format may only
 * grow: add record types and optional fields, never rename or remove one. If a test fails here, fix the reader, not the
 * fixture. `src/journal/fixtures.test.ts` checks that they fold.
 */
import type { JournalRecord, Sandbox } from '@bailiwick/contract'
import { createSandbox } from '@bailiwick/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readExpected, readFixture } from './journal-fixtures/read-fixture.ts'
import { chapterOf, replayFixture, resume } from './journal-fixtures/run-scenario.ts'
import { SCENARIOS } from './journal-fixtures/scenarios.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox()
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const expected = readExpected()

describe('a journal of an earlier version replays to its recorded worlds', () => {
  const withCode = SCENARIOS.filter(({ agent }) => agent.level === 5)
  it.each(withCode.map(({ name }) => name))('%s', async (name) => {
    const records = readFixture(name)
    const replayed = await replayFixture(records, sandbox)
    expect(replayed).toEqual(expected.get(name)?.replay)
    expect(replayed.map(([, status]) => status)).not.toContain('diverged')
  })
})

/** Every prefix; at level 5, where each takes a process, three of them. */
function cuts(records: readonly JournalRecord[], level: number): number[] {
  if (level < 5) return records.map((_, index) => index + 1)
  return [1, 2, 3].map((quarter) => Math.max(1, Math.floor((records.length * quarter) / 4)))
}

/** Whether the prefix has a call of effect `once` that was started and has no outcome. */
function hasUnknownOutcome(records: readonly JournalRecord[]): boolean {
  const ended = new Set(
    records.flatMap((record) =>
      record.type === 'call.ended' || record.type === 'call.late' ? [record.call] : [],
    ),
  )
  return records.some(
    (record) => record.type === 'call.started' && record.effect === 'once' && !ended.has(record.call),
  )
}

/** Whether the prefix lacks a delegate's result. This version gets it anew, and may give code other fields of it. */
function lacksDelegate(
  { delegates = {} }: (typeof SCENARIOS)[number],
  records: readonly JournalRecord[],
  prefix: readonly JournalRecord[],
): boolean {
  return records.some(
    (record) =>
      record.type === 'call.started' &&
      record.name in delegates &&
      !prefix.some((one) => one.type === 'call.ended' && one.call === record.call),
  )
}

const endOf = (records: readonly JournalRecord[]) => records.find((record) => record.type === 'task.ended')
const worldsOf = (records: readonly JournalRecord[]) =>
  records.flatMap((record) => (record.type === 'step.ended' ? [[record.step, record.worldHash]] : []))

describe('a journal of an earlier version resumes from any prefix', () => {
  it.each(SCENARIOS)('$name', async (scenario) => {
    const records = readFixture(scenario.name)
    for (const length of cuts(records, Number(scenario.agent.level))) {
      const prefix = records.slice(0, length)
      const resumed = await resume(scenario, records, length, sandbox)
      expect(resumed.slice(0, length)).toEqual(prefix)
      expect(resumed.at(-1)?.type, `from ${length} records`).toBe('task.ended')
      if (scenario.sameEnd === false || hasUnknownOutcome(prefix)) continue
      const [whole, now] = [chapterOf(records, length), chapterOf(resumed, length)]
      const { at: _, usage: __, ...end } = endOf(whole) ?? {}
      expect(endOf(now), `from ${length} records`).toMatchObject(end)
      if (!lacksDelegate(scenario, records, prefix))
        expect(worldsOf(now), `from ${length} records`).toEqual(worldsOf(whole))
      const replies = (list: readonly JournalRecord[]) =>
        list.filter(({ type }) => type === 'step.replied').length
      expect(replies(now), `from ${length} records`).toBe(replies(whole))
    }
  })
})
