import { readFileSync } from 'node:fs'
import { type JournalRecord, journalRecordSchema, type Status } from '@bailiwick/contract'
import { foldTaskView, foldTaskWorld, type TaskView } from '@bailiwick/core/journal'
import type { ReplayedStep } from '@bailiwick/core/world'

const FOLDER = new URL('../../src/journal/fixtures/', import.meta.url)

/** The file of a fixture. */
export function fixtureFile(name: string): URL {
  return new URL(`${name}.jsonl`, FOLDER)
}

/** The file that holds the expected folds and replays, a line for each fixture. */
export const EXPECTED_FILE = new URL('expected.jsonl', FOLDER)

/** The lines of a fixture as JSON values. */
export function readLines(name: string): unknown[] {
  const lines = readFileSync(fixtureFile(name), 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

/** The records of a fixture, parsed by this version's schema. */
export function readFixture(name: string): JournalRecord[] {
  return readLines(name).map((line) => journalRecordSchema.parse(line))
}

/** What every version must make of a fixture. */
export interface Expected {
  name: string
  fold: FoldSummary
  /** Status of each step of code when it is replayed. */
  replay: [step: number, status: ReplayedStep['status']][]
}

interface FoldSummary {
  status: Status
  attempt: number
  calls: number
  tokens: number
  replies: number
  asked: string[]
  chapters: number
  /** Of each step: status, turns, calls, and whether its turn was undone. */
  steps: [status: string, turns: number, calls: number, voided: boolean][]
  checkpoints: number[]
  worldLostAfter: number
  output?: unknown
  error?: string
}

/** The expectations of all fixtures, by name. */
export function readExpected(): Map<string, Expected> {
  const lines = readFileSync(EXPECTED_FILE, 'utf8').trimEnd().split('\n')
  return new Map(lines.map((line): Expected => JSON.parse(line)).map((expected) => [expected.name, expected]))
}

/** Folds a journal into both states, and summarises them. */
export function foldSummary(records: readonly JournalRecord[]): FoldSummary {
  let view: TaskView<JournalRecord> | undefined
  for (const record of records) view = foldTaskView(view, record)
  if (view === undefined) throw new Error('expected a journal that begins with task.created')
  const world = foldTaskWorld(records)
  const { status, attempt, usage, asked, ended } = view
  return {
    status,
    attempt,
    calls: world.started,
    tokens: usage.inputTokens + usage.outputTokens,
    replies: usage.replies,
    asked: asked.map(({ call }) => call),
    chapters: world.chapters.length,
    steps: world.steps.map((step) => [
      step.ended?.status ?? 'open',
      step.turns.length,
      step.calls.size,
      step.voided !== undefined,
    ]),
    checkpoints: world.checkpoints.map(({ step }) => step),
    worldLostAfter: world.worldLostAfter,
    ...(ended?.output !== undefined && { output: ended.output }),
    ...(ended?.error !== undefined && { error: ended.error.code }),
  }
}
