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
import { BailiwickError, hasCode, InputError, type JournalRecord, type Model } from '@bailiwick/contract'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Team } from '../team/team.ts'
import { driveRun } from './drive-run.ts'
import { readRun, readRunState } from './fold/read-run.ts'
import type { RunContext } from './fold/run-context.ts'
import { runDetails } from './fold/run-details.ts'
import { RunLog } from './fold/run-log.ts'
import { RunWatch } from './fold/run-watch.ts'
import { planProblems } from './nodes/planner.ts'
import { RunIndex } from './run-index.ts'
import { smallest } from './tasks/carve-budget.ts'
import { forkTask } from './tasks/fork-task.ts'

/**
 * How long a decision is offered to the host of a waiting call. The host may be a moment ahead (its record of an
 * earlier decision has not arrived here) or behind (it journals the question before it listens). Milliseconds.
 */
const DECIDE_MS = 3_000
const AGAIN_MS = 100

/** A run that this daemon takes to its end. */
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
  /** @throws where nothing more can be kept */
  requireSpace(): void
  /** Something that no caller hears of. */
  warn(message: string): void
}

/** The runs of this daemon: admitted, driven, looked up, canceled. */
export class Runs {
  readonly #options: RunsOptions
  readonly #index = new RunIndex()
  readonly #driven = new Map<string, Driven>()
  readonly #admitting = new Map<string, Promise<RunReply<'submit'>>>()

  constructor(options: RunsOptions) {
    this.#options = options
  }

  /** Reads what runs there are and goes on with every open one. */
  async adopt(): Promise<number> {
    const { bus, signal, warn } = this.#options
    await this.#index.follow(bus, signal, (error) =>
      warn(`the list of runs is no longer followed: ${text(error)}`),
    )
    const open = this.#index.open()
    for (const run of open) {
      const log = this.#open(run)
      try {
        if ((await log.load()) !== undefined) this.#drive(log)
      } catch (error) {
        // Left to a version that can read it; every other run goes on.
        if (!hasCode(error, 'bad-journal')) throw error
        warn(`run ${run} is not driven here: ${text(error)}`)
      }
    }
    return open.length
  }

  /** The watch of a run that is driven here: what delegations look into. */
  context(run: string): RunContext | undefined {
    return this.#driven.get(run)?.context
  }

  /** Tasks of runs that are driven here, and given to agents, that have not ended. */
  openTasks(): (OpenTask & { agent: string })[] {
    const { team } = this.#options
    return [...this.#driven.values()].flatMap(({ context }) =>
      [...context.watch.tasks.values()].flatMap(({ created: { run, task, agent }, writer, host, ended }) => {
        const isElsewhere = writer !== agent || !team.has(agent)
        return ended !== undefined || isElsewhere
          ? []
          : [{ run, task, agent, ...(host !== undefined && { host }) }]
      }),
    )
  }

  get working(): number {
    return this.#driven.size
  }

  /** Admits a run. The same id twice is one run, also at the same moment. */
  submit(request: RunRequest<'submit'>, by: string): Promise<RunReply<'submit'>> {
    const known = this.#admitting.get(request.run)
    if (known !== undefined) return known.then(({ run }) => ({ run, duplicate: true }))
    const admitted = this.#admit(request, by).finally(() => this.#admitting.delete(request.run))
    this.#admitting.set(request.run, admitted)
    return admitted
  }

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
    const until = Date.now() + DECIDE_MS
    for (;;) {
      const waits = this.#driven.get(run)?.context.watch.tasks.get(task)
      if (!waits?.asked.some(({ call }) => call === decided.call)) return { accepted: false }
      const { agent } = waits.created
      const told = await sendControl(bus, agent, 'decide', { task, by, ...decided })
      if (told.some(({ done }) => done)) return { accepted: true }
      if (Date.now() > until) {
        const why = `no host of ${agent} waits for the decision at the moment: try again`
        throw new BailiwickError('not-reached', why)
      }
      await sleep(AGAIN_MS, undefined, { signal })
    }
  }

  /** Who submitted a run; undefined where there is none. */
  async owner(run: string): Promise<string | undefined> {
    const driven = this.#driven.get(run)
    const state = driven?.context.log.state ?? (await readRunState(this.#options.bus, run))
    return state?.submitted.owner
  }

  async get(run: string): Promise<RunDetails> {
    const driven = this.#driven.get(run)
    if (driven !== undefined) return runDetails(run, driven.context.log.state, driven.context.watch)
    const stored = await readRun(this.#options.bus, run)
    if (stored === undefined) throw new InputError(`no run ${run}; "bailiwick runs" lists those there are`)
    return runDetails(run, stored.state, stored)
  }

  /** The newest first; of one user where one is named. */
  list(limit: number, of?: string): RunReply<'list'> {
    const runs = this.#index.list().filter(({ owner }) => of === undefined || owner === of)
    return { runs: runs.slice(0, limit) }
  }

  forget(run: string): void {
    if (run === ACCESS_RUN) throw new InputError(`"${run}" is no run: what NATS refused is not deleted`)
    if (this.#driven.has(run)) throw new InputError(`run ${run} is at work: cancel it first`)
    this.#index.forget(run)
  }

  /** Resolves when every run that is driven here has stopped. */
  async stopped(): Promise<void> {
    await Promise.all([...this.#driven.values()].map(({ done }) => done))
  }

  async #admit(request: RunRequest<'submit'>, by: string): Promise<RunReply<'submit'>> {
    const { config, team } = this.#options
    const { run, text: task, inputs, agent, budget = {}, fork, plan, planOnly } = request
    if (run === ACCESS_RUN) throw new InputError(`no run may be called "${run}": choose another id`)
    if (this.#driven.has(run)) return { run, duplicate: true }
    this.#options.requireSpace()
    const strategy = request.strategy ?? (agent === undefined ? config.strategy : 'direct')
    if (agent !== undefined && !team.has(agent)) throw team.unknownAgent(agent)
    if (agent !== undefined && strategy !== 'direct') {
      throw new InputError(
        `strategy "${strategy}" chooses the agents itself: leave out the agent "${agent}", or the strategy`,
      )
    }
    if (fork !== undefined) {
      const forked = await forkTask(this.#options.bus, fork)
      if (forked.agent !== agent) {
        throw new InputError(
          `task ${fork.task} is ${forked.agent}'s: fork it with that agent, not ${agent ?? 'none'}`,
        )
      }
    }
    if (plan !== undefined) {
      const cards = team.names().map((name) => team.card(name))
      const [problem] = planProblems(plan, { team: cards, inputs, limits: config.limits })
      if (problem !== undefined) throw new InputError(`the plan cannot be carried out: ${problem}`)
    }
    // Found out now, not after the run was admitted.
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
        const why = hasCode(error, 'fenced') ? 'another coordinator has taken it over' : text(error)
        warn(`run ${log.run} is no longer driven here: ${why}`)
      })
      .finally(() => {
        watch[Symbol.dispose]()
        this.#driven.delete(log.run)
      })
    this.#driven.set(log.run, { context, cancel, done })
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
