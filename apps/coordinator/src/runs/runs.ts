import { setTimeout as sleep } from 'node:timers/promises'
import {
  ACCESS_RUN,
  type Bus,
  type OpenTask,
  type RunDetails,
  type RunReply,
  type RunRequest,
  sendControl,
} from '@bailiwick/bus'
import {
  BailiwickError,
  errorText,
  hasCode,
  InputError,
  type JournalRecord,
  type Model,
} from '@bailiwick/contract'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Team } from '../team/team.ts'
import { driveRun } from './drive-run.ts'
import { planProblems } from './nodes/planner.ts'
import { RunIndex } from './run-index.ts'
import { readRun, readRunState } from './state/read-journals.ts'
import type { RunContext } from './state/run-context.ts'
import { runDetails } from './state/run-details.ts'
import { RunLog } from './state/run-log.ts'
import { RunWatch } from './state/run-watch.ts'
import { smallest } from './tasks/budget.ts'
import { forkTask } from './tasks/fork-task.ts'

/**
 * How long a decision is offered to the host of a waiting call. The host may be a moment ahead (its record of an
 * earlier decision has not arrived here) or behind (it journals the question before it listens). Milliseconds.
 */
const MAX_DECIDE_MS = 3_000
const DECIDE_EVERY_MS = 100

/** A run that this daemon drives. */
interface Driven {
  context: RunContext
  cancel: AbortController
  done: Promise<void>
}

export interface RunsOptions {
  bus: Bus
  config: LoadedConfig
  team: Team
  model(): Promise<Model>
  signal: AbortSignal
  /** @throws BailiwickError if the disk is full */
  requireSpace(): void
  /** Reports a problem that no caller would notice. */
  warn(message: string): void
}

/** Submits, drives, lists and cancels runs. */
export class Runs {
  readonly #options: RunsOptions
  readonly #index = new RunIndex()
  readonly #driven = new Map<string, Driven>()
  readonly #submitting = new Map<string, Promise<RunReply<'submit'>>>()

  constructor(options: RunsOptions) {
    this.#options = options
  }

  /** Reads all runs, and drives every open one. @returns the number of open runs */
  async adopt(): Promise<number> {
    const { bus, signal, warn } = this.#options
    await this.#index.follow(bus, signal, (error) =>
      warn(`The list of runs is no longer updated: ${errorText(error)}`),
    )
    const open = this.#index.open()
    for (const run of open) {
      const log = this.#open(run)
      try {
        if ((await log.load()) !== undefined) this.#drive(log)
      } catch (error) {
        // A version that can read it must drive it. The other runs are not affected.
        if (!hasCode(error, 'bad-journal')) throw error
        warn(`Run ${run} is not driven by this daemon: ${errorText(error)}`)
      }
    }
    return open.length
  }

  /** The context of a run that this daemon drives. */
  context(run: string): RunContext | undefined {
    return this.#driven.get(run)?.context
  }

  /** The open tasks of this daemon's runs that agents of the team work on. */
  openTasks(): (OpenTask & { agent: string })[] {
    const { team } = this.#options
    return [...this.#driven.values()].flatMap(({ context }) =>
      [...context.watch.tasks.values()].flatMap(({ created: { run, task, agent }, writer, host, ended }) => {
        const isOpen = ended === undefined && writer === agent && team.has(agent)
        return isOpen ? [{ run, task, agent, ...(host !== undefined && { host }) }] : []
      }),
    )
  }

  /** The number of runs that this daemon drives. */
  get working(): number {
    return this.#driven.size
  }

  /** Submits a run. The same id twice is one run, also at the same time. */
  submit(request: RunRequest<'submit'>, by: string): Promise<RunReply<'submit'>> {
    const known = this.#submitting.get(request.run)
    if (known !== undefined) return known.then(({ run }) => ({ run, duplicate: true }))
    const submitted = this.#submit(request, by).finally(() => this.#submitting.delete(request.run))
    this.#submitting.set(request.run, submitted)
    return submitted
  }

  /** Cancels a run and waits until it has ended. Does nothing if this daemon does not drive it. */
  async cancel(
    { run, reason = 'canceled by a user' }: RunRequest<'cancel'>,
    by: string,
  ): Promise<RunReply<'cancel'>> {
    const driven = this.#driven.get(run)
    if (driven === undefined) return { run, status: (await this.get(run)).status }
    const { log } = driven.context
    if (log.state.cancel === undefined) {
      await log.append({ type: 'run.cancel-requested', at: Date.now(), by, reason })
    }
    driven.cancel.abort(new Error(reason))
    await driven.done
    return { run, status: log.state.ended?.status ?? 'working' }
  }

  /**
   * Sends a person's decision to the host of the waiting call, which journals it. `accepted` is false if no such
   * call waits.
   *
   * @throws BailiwickError `not-reached` if the call waits but no host received the decision; try again
   */
  async decide({ run, task, ...decided }: RunRequest<'decide'>, by: string): Promise<RunReply<'decide'>> {
    const { bus, signal } = this.#options
    const until = Date.now() + MAX_DECIDE_MS
    for (;;) {
      const waits = this.#driven.get(run)?.context.watch.tasks.get(task)
      if (!waits?.asked.some(({ call }) => call === decided.call)) return { accepted: false }
      const { agent } = waits.created
      const replies = await sendControl(bus, agent, 'decide', { task, by, ...decided })
      if (replies.some(({ done }) => done)) return { accepted: true }
      if (Date.now() > until) {
        throw new BailiwickError(
          'not-reached',
          `Expected a host of ${agent} that waits for the decision, found none. Try again.`,
        )
      }
      await sleep(DECIDE_EVERY_MS, undefined, { signal })
    }
  }

  /** The user who submitted a run; undefined if there is no such run. */
  async owner(run: string): Promise<string | undefined> {
    const driven = this.#driven.get(run)
    const state = driven?.context.log.state ?? (await readRunState(this.#options.bus, run))
    return state?.submitted.owner
  }

  /** @throws InputError if there is no such run */
  async get(run: string): Promise<RunDetails> {
    const driven = this.#driven.get(run)
    if (driven !== undefined) return runDetails(run, driven.context.log.state, driven.context.watch)
    const stored = await readRun(this.#options.bus, run)
    if (stored === undefined) throw unknownRun(run)
    return runDetails(run, stored.state, stored)
  }

  /** Runs, newest first. @param of only this owner's runs */
  list(limit: number, of?: string): RunReply<'list'> {
    const runs = this.#index.list().filter(({ owner }) => of === undefined || owner === of)
    return { runs: runs.slice(0, limit) }
  }

  /** Removes a run from the list. @throws InputError if this daemon drives it */
  remove(run: string): void {
    if (run === ACCESS_RUN) throw new InputError(`Expected a run, found "${run}", the journal of refusals.`)
    if (this.#driven.has(run)) {
      throw new InputError(`Expected a run that has ended, found open run ${run}. Cancel it first.`)
    }
    this.#index.remove(run)
  }

  /** Resolves when this daemon drives no run any longer. */
  async stopped(): Promise<void> {
    await Promise.all([...this.#driven.values()].map(({ done }) => done))
  }

  async #submit(request: RunRequest<'submit'>, by: string): Promise<RunReply<'submit'>> {
    const { config, team } = this.#options
    const { run, text: task, inputs, agent, budget = {}, fork, plan, planOnly } = request
    if (run === ACCESS_RUN) throw new InputError(`Expected another run id, found reserved id "${run}".`)
    if (this.#driven.has(run)) return { run, duplicate: true }
    this.#options.requireSpace()
    const strategy = request.strategy ?? (agent === undefined ? config.strategy : 'direct')
    if (agent !== undefined && !team.has(agent)) throw team.unknownAgent(agent)
    if (agent !== undefined && strategy !== 'direct') {
      throw new InputError(
        `Expected no agent with strategy "${strategy}", which chooses the agents, found "${agent}". Remove the agent or the strategy.`,
      )
    }
    if (fork !== undefined) {
      const forked = await forkTask(this.#options.bus, fork)
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
    // Reports a missing lead now instead of after the run is submitted.
    const lead = strategy === 'direct' ? (agent ?? team.lead()) : undefined
    const log = this.#open(run)
    if ((await log.load()) !== undefined) return { run, duplicate: true }
    const record: JournalRecord = {
      type: 'run.submitted',
      at: Date.now(),
      run,
      text: task,
      inputs,
      strategy,
      ...(lead !== undefined && { agent: lead }),
      owner: by,
      ...(fork !== undefined && { fork }),
      ...(planOnly !== undefined && { planOnly }),
      budget: smallest(budget, config.budget),
    }
    const planned = plan === undefined ? [] : [{ type: 'run.planned', at: Date.now(), ...plan } as const]
    await log.append(record, ...planned)
    this.#drive(log)
    return { run, duplicate: false }
  }

  #open(run: string): RunLog {
    const { bus, team } = this.#options
    return new RunLog(bus, run, (agent) => team.has(agent) && team.card(agent).level === 1)
  }

  #drive(log: RunLog): void {
    const { bus, config, team, model, signal, warn } = this.#options
    const watch = new RunWatch(bus, log.run)
    const cancel = new AbortController()
    const context: RunContext = { bus, config, team, log, watch, model, settling: new Map(), signal }
    const done = driveRun(context, cancel.signal)
      .catch((error: unknown) => {
        if (signal.aborted) return
        const reason = hasCode(error, 'fenced') ? 'another coordinator has taken it over' : errorText(error)
        warn(`Run ${log.run} is no longer driven by this daemon: ${reason}`)
      })
      .finally(() => {
        watch[Symbol.dispose]()
        this.#driven.delete(log.run)
      })
    this.#driven.set(log.run, { context, cancel, done })
  }
}

/** The error for a run that does not exist. */
export function unknownRun(run: string): InputError {
  return new InputError(`Expected a run, found no run ${run}. "bailiwick runs" lists all runs.`)
}
