import { addUsage, NO_USAGE, type Usage } from '@bailiwick/contract'
import { type AttemptRecord, OUTCOMES, type Outcome } from '../experiment/attempt-record.ts'
import { WASTE_CAUSES, type WasteCause } from '../target/target.ts'
import { bootstrap, type Share, wilson } from './intervals.ts'

/** The attempts of one target, or of one tag of it. */
export interface Summary {
  target: string
  level: number | null
  model: string | null
  /** Undefined for all attempts of the target. */
  tag?: string
  attempts: number
  outcomes: Record<Outcome, number>
  /** The share of right answers among attempts without an error, with a 95% interval. Null if there are none. */
  right: Share | null
  usage: Usage
  wasted: Record<WasteCause, number>
  /** Replies that led nowhere, as a share of all. Null without replies. */
  wastedShare: number | null
  tokens: number
  /** Null if no answer is right. */
  tokensPerRight: number | null
  /** Milliseconds for half of the attempts, and for 95% of them. */
  ms: { median: number; p95: number }
}

/** A task that was not right in every attempt. */
export interface Miss {
  case: string
  target: string
  level: number | null
  model: string | null
  /** Attempts that were not right. */
  missed: number
  /** How the first of them ended. */
  outcome: Outcome
  reason: string
}

/** What an experiment found. */
export interface Report {
  set: string
  setHash: string
  scorer: number
  /** Present if an oracle answered: then the figures measure the pipeline, not the quality of a model. */
  pipeline?: AttemptRecord['pipeline']
  summaries: Summary[]
  tags: Summary[]
  /** The first misses; `missCount` counts all. */
  misses: Miss[]
  missCount: number
  /** Attempts that have no record, because the experiment was stopped. */
  missing: number
}

/** Misses that a report lists. */
export const MAX_MISSES = 100

interface Group {
  summary: Omit<Summary, 'right' | 'wastedShare' | 'tokens' | 'tokensPerRight' | 'ms'>
  tasks: Map<string, { right: number; count: number }>
  times: number[]
}

/**
 * Adds up the records of an experiment, one at a time.
 *
 * @param attempts how many there should be
 */
export async function summarise(records: AsyncIterable<AttemptRecord>, attempts: number): Promise<Report> {
  const groups = new Map<string, Group>()
  const misses = new Map<string, Miss>()
  let missCount = 0
  let seen = 0
  let first: AttemptRecord | undefined
  for await (const record of records) {
    first ??= record
    seen += 1
    for (const tag of [undefined, ...record.tags]) add(groupOf(groups, record, tag), record)
    missCount += noteMiss(misses, record)
  }
  const summaries = [...groups.values()].map(finish)
  return {
    set: first?.set ?? '',
    setHash: first?.setHash ?? '',
    scorer: first?.scorer ?? 0,
    ...(first?.pipeline !== undefined && { pipeline: first.pipeline }),
    summaries: summaries.filter(({ tag }) => tag === undefined).sort(inOrder),
    tags: summaries.filter(({ tag }) => tag !== undefined).sort(inOrder),
    misses: [...misses.values()],
    missCount,
    missing: attempts - seen,
  }
}

function inOrder(a: Summary, b: Summary): number {
  const [left, right] = [a, b].map(({ tag = '', target, level, model }) =>
    [tag, target, level ?? '', model ?? ''].join('\n'),
  )
  return (left ?? '') < (right ?? '') ? -1 : 1
}

function groupOf(groups: Map<string, Group>, record: AttemptRecord, tag: string | undefined): Group {
  const { target, level, model } = record
  const key = JSON.stringify([target, level, model, tag ?? null])
  let group = groups.get(key)
  if (group === undefined) {
    const zero = <Key extends string>(keys: readonly Key[]) =>
      Object.fromEntries(keys.map((name) => [name, 0])) as Record<Key, number>
    const summary = {
      target,
      level,
      model,
      ...(tag !== undefined && { tag }),
      attempts: 0,
      outcomes: zero(OUTCOMES),
      usage: NO_USAGE,
      wasted: zero(WASTE_CAUSES),
    }
    group = { summary, tasks: new Map(), times: [] }
    groups.set(key, group)
  }
  return group
}

function add({ summary, tasks, times }: Group, record: AttemptRecord): void {
  summary.attempts += 1
  summary.outcomes[record.outcome] += 1
  summary.usage = addUsage(summary.usage, record.usage)
  for (const cause of WASTE_CAUSES) summary.wasted[cause] += record.wasted[cause]
  times.push(record.ms)
  if (!isGraded(record.outcome)) return
  const task = tasks.get(record.caseHash) ?? { right: 0, count: 0 }
  task.count += 1
  if (record.outcome === 'passed') task.right += 1
  tasks.set(record.caseHash, task)
}

/** Errors say nothing about the agent, so they are not wrong answers. */
function isGraded(outcome: Outcome): boolean {
  return outcome === 'passed' || outcome === 'failed' || outcome === 'exhausted'
}

function finish({ summary, tasks, times }: Group): Summary {
  const { usage, wasted, outcomes } = summary
  const all = [...tasks.values()]
  const graded = all.reduce((sum, { count }) => sum + count, 0)
  const isRepeated = all.some(({ count }) => count > 1)
  const tokens = usage.inputTokens + usage.outputTokens
  const wastedReplies = Object.values(wasted).reduce((sum, count) => sum + count, 0)
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return {
    ...summary,
    right: (isRepeated ? bootstrap(all) : wilson(outcomes.passed, graded)) ?? null,
    wastedShare: usage.replies === 0 ? null : wastedReplies / usage.replies,
    tokens,
    tokensPerRight: outcomes.passed === 0 ? null : tokens / outcomes.passed,
    ms: { median: at(0.5), p95: at(0.95) },
  }
}

/** Returns 1 if the attempt is the first miss of its task by its target. */
function noteMiss(misses: Map<string, Miss>, record: AttemptRecord): number {
  const { case: id, target, level, model, outcome, reason = '' } = record
  if (outcome === 'passed') return 0
  const key = JSON.stringify([target, level, model, id])
  const known = misses.get(key)
  if (known !== undefined) {
    known.missed += 1
    return 0
  }
  if (misses.size < MAX_MISSES)
    misses.set(key, { case: id, target, level, model, missed: 1, outcome, reason })
  return 1
}
