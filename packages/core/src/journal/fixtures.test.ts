/**
 * Every version must read the journals in `fixtures`. From now on the format may only grow: add record types and
 * optional fields, never rename or remove one. If a test fails here, fix the reader, not the fixture.
 * `test/journal-fixtures.live.test.ts` replays and resumes them.
 */
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  foldSummary,
  readExpected,
  readFixture,
  readLines,
} from '../../test/journal-fixtures/read-fixture.ts'
import { SCENARIOS } from '../../test/journal-fixtures/scenarios.ts'

const names = SCENARIOS.map(({ name }) => name)
const expected = readExpected()

it('has a journal for each scenario, at least 50', () => {
  const files = readdirSync(new URL('fixtures/', import.meta.url)).filter((file) => file.endsWith('.jsonl'))
  expect(files.sort()).toEqual([...names, 'expected'].map((name) => `${name}.jsonl`).sort())
  expect(names.length).toBeGreaterThanOrEqual(50)
})

it.each(names)('parses %s without losing a field', (name) => {
  expect(readFixture(name)).toEqual(readLines(name))
})

it.each(names)('folds %s as recorded', (name) => {
  const fold = JSON.parse(JSON.stringify(foldSummary(readFixture(name))))
  expect(fold).toEqual(expected.get(name)?.fold)
})

it.each(names)('folds every prefix of %s', (name) => {
  const records = readFixture(name)
  for (let length = 1; length <= records.length; length += 1) {
    expect(foldSummary(records.slice(0, length)).chapters).toBeGreaterThan(0)
  }
})
