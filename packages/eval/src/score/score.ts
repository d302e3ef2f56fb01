import type { Sandbox } from '@bailiwick/contract'
import { z } from 'zod'
import { type Case, type Check, checksOf } from '../dataset/case.ts'
import { agrees, isNear, numberIn, partOf, sameItems } from './compare.ts'
import { runTests } from './run-tests.ts'
import { type MadeCall, scoreCalls } from './score-calls.ts'

/** Raise it if a scorer judges the same answer differently. Attempts of another version run again. */
export const SCORER_VERSION = 1

/** What is scored. */
export interface Scored {
  answer: unknown
  /** The calls that the agent made. Undefined if the target does not know them. */
  calls?: readonly MadeCall[]
}

/** What scorers need. */
export interface Scorer {
  /** Runs the code of answers. */
  sandbox: () => Promise<Sandbox>
  signal: AbortSignal
}

/**
 * Checks an answer. Returns undefined if it passes every check, else why not.
 *
 * @throws anything that a check throws: then the answer has no score
 */
export async function scoreAnswer(each: Case, scored: Scored, scorer: Scorer): Promise<string | undefined> {
  for (const check of checksOf(each)) {
    const problem =
      typeof check === 'function'
        ? await check(scored.answer)
        : await applyCheck(check, each.expected, scored, scorer)
    if (problem !== undefined) return problem
  }
  return undefined
}

async function applyCheck(
  check: Check,
  whole: unknown,
  { answer, calls }: Scored,
  scorer: Scorer,
): Promise<string | undefined> {
  switch (check.kind) {
    case 'exact': {
      const expected = check.expected ?? whole
      const found = partOf(answer, check.at, expected)
      return agrees(found, expected, check) ? undefined : differs(check.at, expected, found)
    }
    case 'number': {
      const expected = Number(check.expected ?? whole)
      const given = partOf(answer, check.at, expected)
      const found = numberIn(given)
      const { tolerance, relative } = check
      const allowed =
        relative === undefined ? tolerance : Math.max(tolerance ?? 0, Math.abs(expected) * relative)
      return found !== undefined && isNear(found, expected, allowed)
        ? undefined
        : differs(check.at, expected, given)
    }
    case 'set': {
      const expected = check.expected ?? whole
      const items = Array.isArray(expected) ? expected : [expected]
      const found = partOf(answer, check.at, items)
      return sameItems(found, items, check) ? undefined : differs(check.at, items, found)
    }
    case 'schema': {
      const parsed = z
        .fromJSONSchema(check.schema as Parameters<typeof z.fromJSONSchema>[0])
        .safeParse(partOf(answer, check.at, {}))
      return parsed.success
        ? undefined
        : `expected a value of the schema, found: ${z.prettifyError(parsed.error)}`
    }
    case 'tests':
      return runTests(check, partOf(answer, check.at, ''), await scorer.sandbox(), scorer.signal)
    case 'calls':
      if (calls === undefined)
        throw new Error('this target does not report its calls; use an agent in this process')
      return scoreCalls(check.calls, calls)
  }
}

const SHOWN = 300

function differs(at: string | undefined, expected: unknown, found: unknown): string {
  const where = at === undefined ? '' : `${at}: `
  return `${where}expected ${shown(expected)}, found ${shown(found)}`
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}
