import {
  ACCESS_RUN,
  BUCKETS,
  type OpenTask,
  purgeEntry,
  purgeRun,
  type RunDetails,
  type RunReply,
  type RunRequest,
} from '@bailiwick/bus'
import { hasCode, InputError, type JournalRecord, type RecordOf } from '@bailiwick/contract'
import type { CheckedConfig } from '../config/config-schema.ts'
import type { Team } from '../team/team.ts'
import type { Coordinators } from './coordinators.ts'
import { decideCall } from './decide-call.ts'
import { planProblems } from './nodes/planner.ts'
import { type DriverOptions, RunDriver } from './run-driver.ts'
import { isReady } from './run-index.ts'
import { readRun, readRunState } from './state/read-journals.ts'
import type { RunContext } from './state/run-context.ts'
import { runDetails } from './state/run-details.ts'
import { RunLog } from './state/run-log.ts'
import { readSummary } from './stored-runs.ts'
import { takeOverRuns } from './take-over-runs.ts'
import { smallest } from './tasks/budget.ts'
import { forkTask } from './tasks/fork-task.ts'

/** How long a request to cancel a run waits for its end. Milliseconds. */
const MAX_CANCEL_MS = 10_000

export interface RunsOptions extends DriverOptions {
  coordinators: Pick<Coordinators, 'isGone'>
  /** @throws BailiwickError if the disk is full */
  requireSpace(): void
}

/** Submits, lists and cancels runs. */
export class Runs {
  readonly #options: RunsOptions
  readonly #driver: RunDriver
  readonly #submitting = new Map<string, Promise<RunReply<'submit'>>>()

  constructor(options: RunsOptions) {
    this.#options = options
    this.#driver = new RunDriver(options)
  }

  /**
   * Reads all runs, drives those of this coordinator, and takes over those of coordinators that are gone.
   *
   * @param failed called if the journals can no longer be followed
   * @returns the number of open runs
   */
  async adopt(failed: (error: unknown) => void): Promise<number> {
    const { coordinators, signal, warn } = this.#options
    await this.#driver.follow(failed)
    const open = await this.#driver.adopt()
    takeOverRuns({ driver: this.#driver, coordinators, note: warn }, signal).catch(failed)
    return open
  }

  /** Writes what the bucket `runs` lacks. @returns the sequence of JOURNAL up to which the bucket is complete */
  stored(): Promise<number> {
    return this.#driver.stored()
  }

  /** Whether this daemon knows everything that the journals hold now. Waits for it, up to two seconds. */
  isCurrent(): Promise<boolean> {
    return this.#driver.isCurrent()
  }

  /** Reads all journals again, because JOURNAL has lost messages. */
  reread(): void {
    this.#driver.reread()
  }

  /** The context of an open run, as soon as this coordinator knows of the run. Undefined if it is not open. */
  context(run: string, signal: AbortSignal): Promise<RunContext | undefined> {
    return this.#driver.context(run, signal)
  }

  /** The tasks of this daemon's runs that hosts of the team should have. */
  openTasks(): (OpenTask & { agent: string })[] {
    const agents = new Set(this.#options.team.names())
    return this.#driver.driven().flatMap(({ run, tasks }) =>
      tasks.flatMap((indexed) => {
        const { task, agent, host } = indexed
        return agents.has(agent) && isReady(indexed, tasks)
          ? [{ run, task, agent, ...(host !== undefined && { host }) }]
          : []
      }),
    )
  }

  /** By agent of the team: the number of tasks that its hosts should have, whichever daemon drives their runs. */
  readyTasks(): Map<string, number> {
    const agents = new Set(this.#options.team.names())
    const ready = [...this.#driver.index.readyTasks()]
    return new Map(ready.filter(([agent]) => agents.has(agent)))
  }

  /** The number of runs that this daemon drives. */
  get working(): number {
    return this.#driver.driven().length
  }

  /** Whether a run of this daemon has something at work. */
  get isBusy(): boolean {
    return this.#driver.isBusy
  }

  /** Submits a run. The same id twice is one run, also at the same time. */
  submit(request: RunRequest<'submit'>, by: string): Promise<RunReply<'submit'>> {
    const known = this.#submitting.get(request.run)
    if (known !== undefined) return known.then(({ run }) => ({ run, duplicate: true }))
    const submitted = this.#submit(request, by).finally(() => this.#submitting.delete(request.run))
    this.#submitting.set(request.run, submitted)
    return submitted
  }

  /**
   * Cancels a run, whichever coordinator drives it, and waits until it has ended, up to a limit: then the reply has the
   * status of an open run, and the run ends later.
   */
  async cancel(
    { run, reason = 'canceled by a user' }: RunRequest<'cancel'>,
    by: string,
  ): Promise<RunReply<'cancel'>> {
    const { bus, signal } = this.#options
    const log = new RunLog(bus, run)
    const request = { type: 'run.cancel-requested', at: Date.now(), by, reason } as const
    for (;;) {
      const state = await log.load()
      if (state === undefined) throw unknownRun(run)
      if (state.ended !== undefined) return { run, status: state.ended.status }
      if (state.cancel !== undefined) break
      log.add(request)
      try {
        await log.flush()
        break
      } catch (error) {
        // The run went on meanwhile: look again.
        if (!hasCode(error, 'fenced')) throw error
      }
    }
    const until = AbortSignal.any([signal, AbortSignal.timeout(MAX_CANCEL_MS)])
    await this.#driver.untilRunEnds(run, until).catch(() => {}) // Only the signal rejects it.
    return { run, status: (await log.load())?.ended?.status ?? 'working' }
  }

  /** Takes a person's decision, as {@link decideCall} does. */
  decide(request: RunRequest<'decide'>, by: string): Promise<RunReply<'decide'>> {
    return decideCall(this.#options.bus, request, by)
  }

  /** The user who submitted a run; undefined if there is no such run. */
  async owner(run: string): Promise<string | undefined> {
    const known = this.#driver.index.owner(run)
    return known ?? (await readRunState(this.#options.bus, run))?.submitted.owner
  }

  /** @throws InputError if there is no such run */
  async get(run: string): Promise<RunDetails> {
    const stored = await readRun(this.#options.bus, run)
    if (stored === undefined) throw unknownRun(run)
    return runDetails(run, stored.state, stored.views)
  }

  /** Runs, newest first. @param of only this owner's runs */
  async list(limit: number, of?: string): Promise<RunReply<'list'>> {
    const listed = await Promise.all(
      this.#driver.index.list(limit, of).map(async (known) => {
        if ('status' in known) return [known]
        const summary = await readSummary(this.#options.bus, known.run)
        // Another coordinator has purged it.
        if (summary === undefined) this.#driver.index.remove(known.run)
        return summary === undefined ? [] : [summary]
      }),
    )
    return { runs: listed.flat() }
  }

  /** Ids of the runs that ended before a time, Unix milliseconds. The first ones that ended first. */
  endedBefore(time: number): string[] {
    return this.#driver.index.endedBefore(time)
  }

  /** Deletes everything that is stored of a run. @throws InputError if it is open or unknown */
  async purge(run: string): Promise<number> {
    if (run === ACCESS_RUN) throw new InputError(`Expected a run, found "${run}", the journal of refusals.`)
    if (this.#driver.index.get(run) !== undefined) {
      throw new InputError(`Expected a run that has ended, found open run ${run}. Cancel it first.`)
    }
    const { bus } = this.#options
    this.#driver.index.remove(run)
    const messages = await purgeRun(bus, run)
    await purgeEntry(bus, BUCKETS.runs, run)
    if (messages === 0) throw unknownRun(run)
    return messages
  }

  /** Resolves when nothing is done for runs any longer. Call it after the signal has aborted. */
  stopped(): Promise<void> {
    return this.#driver.stopped()
  }

  async #submit(request: RunRequest<'submit'>, by: string): Promise<RunReply<'submit'>> {
    const { bus, config, coordinator, team } = this.#options
    const { run, text: task, inputs, agent, budget = {}, fork, plan, planOnly } = request
    if (run === ACCESS_RUN) throw new InputError(`Expected another run id, found reserved id "${run}".`)
    if (this.#driver.index.owner(run) !== undefined) return { run, duplicate: true }
    this.#options.requireSpace()
    if (agent !== undefined && !team.has(agent)) throw team.unknownAgent(agent)
    if (agent !== undefined && request.strategy === 'plan') {
      throw new InputError(
        `Expected no agent with strategy "plan", which chooses the agents, found "${agent}". Remove the agent or the strategy.`,
      )
    }
    if (fork !== undefined) {
      const forked = await forkTask(bus, fork)
      if (forked.agent !== agent) {
        throw new InputError(
          `Expected agent ${forked.agent}, whose task ${fork.task} is, found ${agent ?? 'none'}. Fork the task with that agent.`,
        )
      }
    }
    if (plan !== undefined) {
      const cards = team.names().map((name) => team.card(name))
      const [problem] = planProblems(plan, { team: cards, inputs, limits: config.limits })
      if (problem !== undefined) throw new InputError(`Cannot carry out the plan: ${problem}`)
    }
    const chosen = chooseStrategy(request, config.strategy, team)
    const submitted: JournalRecord = {
      type: 'run.submitted',
      at: Date.now(),
      run,
      text: task,
      inputs,
      ...chosen,
      owner: by,
      ...(fork !== undefined && { fork }),
      ...(planOnly !== undefined && { planOnly }),
      budget: smallest(budget, config.budget),
    }
    const driven: JournalRecord = { type: 'run.driven', at: Date.now(), coordinator }
    const planned = plan === undefined ? [] : [{ type: 'run.planned', at: Date.now(), ...plan } as const]
    const outcome = await this.#driver.submit(run, [submitted, driven, ...planned])
    return { run, duplicate: outcome === 'duplicate' }
  }
}

/**
 * Decides, without a model, whether one agent gets the whole request. It does if the request names one, if the strategy
 * is `direct`, or if the strategy is `auto` and only one agent of the team can take tasks: the writer takes none.
 *
 * @throws InputError if the strategy is `direct` and the agent is not clear
 */
function chooseStrategy(
  { strategy, agent, plan }: Pick<RunRequest<'submit'>, 'strategy' | 'agent' | 'plan'>,
  configured: CheckedConfig['strategy'],
  team: Team,
): Pick<RecordOf<'run.submitted'>, 'strategy'> & Partial<Pick<RecordOf<'run.submitted'>, 'agent' | 'auto'>> {
  if (agent !== undefined) return { strategy: 'direct', agent }
  const wanted = strategy ?? configured
  if (wanted === 'direct') return { strategy: 'direct', agent: team.lead() }
  if (wanted === 'plan' || plan !== undefined) return { strategy: 'plan' }
  const [only, ...others] = team.plannable()
  return only !== undefined && others.length === 0
    ? { strategy: 'direct', agent: only.name, auto: true }
    : { strategy: 'plan', auto: true }
}

/** The error for a run that does not exist. */
export function unknownRun(run: string): InputError {
  return new InputError(`Expected a run, found no run ${run}. "bailiwick runs" lists all runs.`)
}
