import { createHash } from 'node:crypto'
import { errorText, NO_USAGE, type Sandbox, type TaskError } from '@bailiwick/contract'
import type { Case } from '../dataset/case.ts'
import type { Dataset } from '../dataset/open-dataset.ts'
import { SCORER_VERSION, scoreAnswer } from '../score/score.ts'
import { loadQuestion } from '../target/load-question.ts'
import type { Answered, Target } from '../target/target.ts'
import { NOTHING_WASTED } from '../target/wasted-replies.ts'
import type { AttemptRecord, Outcome } from './attempt-record.ts'
import type { ExperimentLog } from './experiment-log.ts'

/** A dataset, the targets that answer it, and how. */
export interface Experiment {
  dataset: Dataset
  targets: readonly Target[]
  log: ExperimentLog
  /** Runs the code of answers that are scored by tests. */
  sandbox: Sandbox
  /** Attempts at each case by each target. Default 1. */
  repeats?: number
  /** Attempts at the same time. Default 4. */
  concurrency?: number
  /** Only cases with all of these tags. */
  tags?: readonly string[]
  /** Leaves out cases that it returns false for. */
  accepts?: (each: Case, target: Target) => boolean
  /** Only so many cases, from the first. */
  limit?: number
  /** US dollars for all attempts in the log. At the cap, no attempt starts. */
  maxCost?: number
  /** Run attempts again whose record is an error. */
  retryErrors?: boolean
  /** What answers instead of a model. */
  pipeline?: AttemptRecord['pipeline']
  /** Stops the experiment. Attempts that run get no record and continue when the experiment is run again. */
  signal?: AbortSignal
  /** Called at the start, and whenever an attempt starts, gets a reply or ends. */
  onProgress?: (progress: Progress) => void
}

/** An attempt that runs. */
export interface OpenAttempt {
  case: string
  level: number | null
  replies: number
  since: number
}

/** How far an experiment is. */
export interface Progress {
  /** Attempts in all, and those that have a record. */
  total: number
  done: number
  /** Attempts that had a record before. */
  resumed: number
  outcomes: Readonly<Record<Outcome, number>>
  /** US dollars so far; null if unknown. */
  cost: number | null
  open: ReadonlySet<OpenAttempt>
  /** The attempt that has just ended. */
  ended?: AttemptRecord
}

/** What {@link runExperiment} did. */
export interface Ran {
  setHash: string
  /** Keys of all attempts of the experiment. */
  keys: ReadonlySet<string>
  /** Attempts that `accepts` left out. */
  left: number
  /** Why it stopped early; absent if every attempt has a record. */
  stopped?: 'canceled' | 'max-cost'
  /** What the attempt that reached the cap said, if one did. */
  message?: string
}

/**
 * Runs every attempt that has no record yet. Reads the cases twice: first to check them all, then to run them.
 *
 * @throws InputError for a dataset that is not valid, before anything is asked
 * @example
 * const { keys } = await runExperiment({ dataset, targets: [target], log, sandbox, repeats: 3 })
 */
export async function runExperiment(experiment: Experiment): Promise<Ran> {
  const { targets, log, repeats = 1, concurrency = 4, maxCost, retryErrors = false } = experiment
  const signal = experiment.signal ?? new AbortController().signal
  const { setHash, keys, left: leftOut } = await readKeys(experiment)
  const outcomes: Record<Outcome, number> = {
    passed: 0,
    failed: 0,
    exhausted: 0,
    'target-error': 0,
    'scorer-error': 0,
    canceled: 0,
  }
  const isDone = (key: string) => {
    const outcome = log.outcomeOf(key)
    return outcome !== undefined && !(retryErrors && isError(outcome))
  }
  for (const key of keys) {
    const outcome = isDone(key) ? log.outcomeOf(key) : undefined
    if (outcome !== undefined) outcomes[outcome] += 1
  }
  const resumed = countOf(outcomes)
  const open = new Set<OpenAttempt>()
  const report = (ended?: AttemptRecord) =>
    experiment.onProgress?.({
      total: keys.size,
      done: countOf(outcomes),
      resumed,
      outcomes,
      cost: log.cost,
      open,
      ...(ended !== undefined && { ended }),
    })
  report()

  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  let stopped: Ran['stopped']
  let message: string | undefined
  /** The highest cost of one attempt so far: the estimate for attempts that are running. */
  let dearest: number | undefined
  for await (const job of jobs()) {
    // Until the first attempt has ended, its cost is unknown, so it runs alone.
    const slots = maxCost === undefined || dearest !== undefined ? concurrency : 1
    while (running.size >= slots) await Promise.race(running)
    if (signal.aborted || failures.length > 0 || stopped !== undefined) break
    if (maxCost !== undefined && log.cost === null) {
      stopped = 'max-cost'
      message = 'the cost of an attempt is unknown'
      break
    }
    if (maxCost !== undefined && !affords(maxCost, running.size)) {
      await Promise.all(running)
      if (!affords(maxCost, 0)) {
        stopped = 'max-cost'
        break
      }
    }
    const run = attempt(job).catch((error: unknown) => void failures.push(error))
    running.add(run)
    run.then(() => running.delete(run))
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
  if (signal.aborted) stopped = 'canceled'
  if (stopped === undefined) log.replies.clear()
  return {
    setHash,
    keys,
    left: leftOut,
    ...(stopped !== undefined && { stopped }),
    ...(message !== undefined && { message }),
  }

  function affords(cap: number, others: number): boolean {
    return (log.cost ?? Number.POSITIVE_INFINITY) + (others + 1) * (dearest ?? 0) < cap
  }

  /** All attempts without a record: first every case once, then every case again. */
  async function* jobs() {
    for (let number = 1; number <= repeats; number += 1) {
      for (const target of targets) {
        for await (const { case: each, hash } of chosenCases(experiment)) {
          const key = attemptKey(target, hash, number)
          if (keys.has(key) && !isDone(key)) yield { each, hash, target, number, key }
        }
      }
    }
  }

  async function attempt({ each, hash, target, number, key }: Job): Promise<void> {
    const present: OpenAttempt = { case: each.id, level: target.level, replies: 0, since: Date.now() }
    open.add(present)
    report()
    try {
      const began = performance.now()
      const left = maxCost === undefined || log.cost === null ? undefined : Math.max(0, maxCost - log.cost)
      const answered = await answer(experiment, target, each, {
        key: log.tryOf(key),
        signal,
        ...(left !== undefined && { maxCost: left }),
        onReply(replies: number) {
          present.replies = replies
          report()
        },
      })
      const ms = Math.round(performance.now() - began)
      if (signal.aborted) return
      if (left !== undefined && 'status' in answered && answered.error?.limit === 'cost') {
        stopped = 'max-cost'
        message = answered.error.message
        return
      }
      const judged = await judge(experiment, each, answered, signal)
      if (signal.aborted) return
      // Without a reply, nothing was paid.
      const lost = { ...NO_USAGE, cost: present.replies === 0 ? 0 : null }
      const usage = 'usage' in answered ? answered.usage : lost
      if (usage.cost !== null) dearest = Math.max(dearest ?? 0, usage.cost)
      else dearest ??= 0
      const record: AttemptRecord = {
        v: 1,
        key,
        set: experiment.dataset.name,
        setHash,
        case: each.id,
        caseHash: hash,
        attempt: number,
        target: target.name,
        level: target.level,
        model: target.model,
        ...(experiment.pipeline !== undefined && { pipeline: experiment.pipeline }),
        scorer: SCORER_VERSION,
        ...judged,
        usage,
        wasted: 'wasted' in answered ? answered.wasted : NOTHING_WASTED,
        ms,
        task: 'task' in answered ? answered.task : '',
        tags: each.tags ?? [],
        at: Date.now(),
      }
      log.append(record)
      outcomes[record.outcome] += 1
      open.delete(present)
      report(record)
    } finally {
      open.delete(present)
    }
  }
}

interface Job {
  each: Case
  hash: string
  target: Target
  number: number
  key: string
}

function isError(outcome: Outcome): boolean {
  return outcome === 'target-error' || outcome === 'scorer-error' || outcome === 'canceled'
}

function countOf(outcomes: Readonly<Record<Outcome, number>>): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0)
}

async function* chosenCases({ dataset, tags = [], limit = Number.POSITIVE_INFINITY }: Experiment) {
  let count = 0
  for await (const each of dataset.cases()) {
    if (!tags.every((tag) => each.case.tags?.includes(tag))) continue
    count += 1
    if (count > limit) return
    yield each
  }
}

/** Checks all cases, and names all attempts. */
async function readKeys(
  experiment: Experiment,
): Promise<{ setHash: string; keys: Set<string>; left: number }> {
  const { targets, repeats = 1, accepts = () => true } = experiment
  let left = 0
  const set = createHash('sha256')
  const keys = new Set<string>()
  for await (const { case: each, hash } of chosenCases(experiment)) {
    set.update(hash)
    for (const target of targets) {
      if (!accepts(each, target)) {
        left += repeats
        continue
      }
      for (let number = 1; number <= repeats; number += 1) keys.add(attemptKey(target, hash, number))
    }
  }
  return { setHash: set.digest('hex').slice(0, 24), keys, left }
}

/** Identifies an attempt by everything that decides about its answer and its score. */
export function attemptKey(
  { name, level, model, digest }: Target,
  caseHash: string,
  attempt: number,
): string {
  const parts = [name, level, model, digest, SCORER_VERSION, caseHash, attempt]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

type Answer = Answered | { broke: string }

async function answer(
  { dataset }: Experiment,
  target: Target,
  each: Case,
  options: Parameters<Target['answer']>[1],
): Promise<Answer> {
  try {
    return await target.answer(await loadQuestion(each, dataset.folder), options)
  } catch (error) {
    return { broke: errorText(error) }
  }
}

/** Codes of failures that are the agent's own. Others mean that a server or a tool broke. */
const AGENT_FAULTS = new Set(['bad-answer', 'model-unable'])
const SHOWN_ANSWER = 2_000

async function judge(
  { sandbox }: Experiment,
  each: Case,
  answered: Answer,
  signal: AbortSignal,
): Promise<Pick<AttemptRecord, 'outcome' | 'reason' | 'answer' | 'status'>> {
  if ('broke' in answered) return { outcome: 'target-error', reason: answered.broke }
  const { output, error, calls } = answered
  const status = answered.status as NonNullable<AttemptRecord['status']>
  const text = typeof output === 'string' ? output : JSON.stringify(output)
  const shown = { status, ...(text !== undefined && { answer: text.slice(0, SHOWN_ANSWER) }) }
  if (status !== 'completed')
    return { ...shown, outcome: outcomeOf(status, error), reason: error?.message ?? status }
  try {
    const scored = { answer: output, ...(calls !== undefined && { calls }) }
    const reason = await scoreAnswer(each, scored, { sandbox: async () => sandbox, signal })
    return reason === undefined ? { ...shown, outcome: 'passed' } : { ...shown, outcome: 'failed', reason }
  } catch (thrown) {
    return { ...shown, outcome: 'scorer-error', reason: errorText(thrown) }
  }
}

function outcomeOf(status: string, error: TaskError | undefined): Outcome {
  if (status === 'exhausted') return 'exhausted'
  if (status === 'canceled') return 'canceled'
  return status === 'failed' && !AGENT_FAULTS.has(error?.code ?? '') ? 'target-error' : 'failed'
}
