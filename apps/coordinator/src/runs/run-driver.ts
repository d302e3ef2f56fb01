import { type Bus, COORDINATOR, listBells, openJournal } from '@bailiwick/bus'
import {
  BailiwickError,
  errorText,
  hasCode,
  type JournalRecord,
  type Model,
  type TaskResult,
} from '@bailiwick/contract'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Team } from '../team/team.ts'
import { advanceRun, DEADLINE_GRACE_MS, failRun } from './advance-run.ts'
import { RunFeed } from './run-feed.ts'
import { type IndexedRun, type IndexedTask, isDue, isReady, RunIndex } from './run-index.ts'
import type { RunContext } from './state/run-context.ts'
import { RunLog } from './state/run-log.ts'
import { LiveTaskViews } from './state/task-views.ts'
import { HostlessTasks } from './tasks/hostless-tasks.ts'
import { OwnTasks } from './tasks/own-tasks.ts'
import { ringOrReject } from './tasks/task-lifecycle.ts'
import { WaitingTasks } from './tasks/waiting-tasks.ts'

/** Runs whose state is kept although they wait, so that a run of many short tasks is not read again for each. */
const MAX_LOADED = 500

/** The longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface DriverOptions {
  bus: Bus
  /** This coordinator's id. */
  coordinator: string
  config: LoadedConfig
  team: Team
  model(): Promise<Model>
  signal: AbortSignal
  /** Reports a problem that no caller would notice. */
  warn(message: string): void
}

/** A run whose state is in memory. */
interface LoadedRun {
  log: RunLog
  /** False if the journal has to be read before the state can be used. */
  isCurrent: boolean
  context: RunContext
  /** Aborts what the run does now, because it was canceled or its time is over. */
  interrupt: AbortController
  views?: LiveTaskViews
  /** Why one of its own tasks broke off. */
  failure?: { error: unknown }
  /** Whether something arrived since the run began to advance. */
  again: boolean
  advancing: Promise<void> | undefined
  /** Settles when the submission is stored, or refused because the run exists. */
  submission?: PromiseWithResolvers<'new' | 'duplicate'>
}

/**
 * Drives this coordinator's runs. Runs are event-driven: one reader follows all journals, and whatever arrives for a
 * run advances it until it waits again. A run that waits holds nothing but its entry in the index.
 */
export class RunDriver {
  readonly index: RunIndex
  readonly own: OwnTasks
  readonly #hostless: HostlessTasks
  readonly #waiting: WaitingTasks
  readonly #options: DriverOptions
  /** The longest idle run first. */
  readonly #loaded = new Map<string, LoadedRun>()
  readonly #deadlines = new Map<string, NodeJS.Timeout>()
  readonly #taskEnds: Waiting<TaskResult> = new Map()
  readonly #runEnds: Waiting<undefined> = new Map()
  /** Waits until the index has a run. */
  readonly #known: Waiting<undefined> = new Map()
  readonly #feed: RunFeed
  readonly #caughtUp = Promise.withResolvers<void>()
  #isCaughtUp = false
  #isAdopted = false

  constructor(options: DriverOptions) {
    this.#options = options
    this.own = new OwnTasks(options.signal, (run) => this.wake(run))
    this.index = new RunIndex({
      appended: (run, records, sequence) => this.#appended(run, records, sequence),
      ended: (run, task, result, known) => this.#taskEnded(run, task, result, known),
      paused: (run) => run.driver === options.coordinator && this.#isCaughtUp && this.#watchDeadline(run),
      answered: (task) => this.#isCaughtUp && this.#waiting.look(task),
    })
    // A task that waits for people or delegates needs no host.
    const open = (agent: string) =>
      this.driven().flatMap(({ tasks }) =>
        tasks.filter((task) => task.agent === agent && task.waiting === undefined),
      )
    const { bus, team, signal, warn } = options
    this.#hostless = new HostlessTasks({ bus, team, open, signal, warn })
    this.#feed = new RunFeed({
      bus,
      index: this.index,
      agents: () => team.names(),
      wants: (run) => this.#loaded.get(run)?.views !== undefined,
      take: (append) => this.#loaded.get(append.run)?.views?.take(append),
      caughtUp: () => this.#completed(),
      lost: () => this.#lost(),
      signal,
      note: warn,
    })
    this.#waiting = new WaitingTasks({
      bus,
      driven: () => this.driven(),
      find: (run) => (this.#loaded.get(run)?.context.isEnding ? undefined : this.#drivenRun(run)),
      needHost: (agent) => this.#hostless.watch(agent),
      signal,
      warn,
    })
    options.signal.addEventListener('abort', () => {
      for (const timer of this.#deadlines.values()) clearTimeout(timer)
    })
  }

  /** Follows all journals until aborted. Resolves when the index is complete. */
  async follow(failed: (error: unknown) => void): Promise<void> {
    const following = this.#feed.follow()
    following.catch(failed)
    await Promise.race([following, this.#caughtUp.promise])
  }

  /** Writes what the bucket `runs` lacks. @returns the sequence of JOURNAL up to which the bucket is complete */
  stored(): Promise<number> {
    return this.#feed.stored()
  }

  /** As {@link RunFeed.isCurrent}. */
  isCurrent(): Promise<boolean> {
    return this.#feed.isCurrent()
  }

  /** Reads all journals again, because JOURNAL has lost messages. */
  reread(): void {
    this.#feed.reread()
  }

  /**
   * Drives this coordinator's open runs, and those that no coordinator was recorded for.
   *
   * @returns the number of open runs
   */
  async adopt(): Promise<number> {
    const { coordinator } = this.#options
    this.#isAdopted = true
    const runs = [...this.index.open()].filter(({ driver = coordinator }) => driver === coordinator)
    await this.ringMissing(runs.map(({ run }) => run))
    for (const run of runs) {
      this.#watchDeadline(run)
      if (run.unreadable) await this.#warnOfUnreadable(run.run)
      else if (isDue(run)) this.wake(run.run)
    }
    return runs.length
  }

  /** Drives a run of a coordinator that is gone. @returns whether this coordinator drives it now */
  async takeOver(id: string, gone: string): Promise<boolean> {
    const { bus, coordinator } = this.#options
    const run = this.index.get(id)
    if (run === undefined || run.driver !== gone || run.unreadable) return false
    const before = run.sequence
    const journal = openJournal(
      bus,
      { writer: COORDINATOR, run: id, task: 'run' },
      { short: true, after: before },
    )
    const record: JournalRecord = { type: 'run.driven', at: Date.now(), coordinator }
    try {
      await journal.append([record])
    } catch (error) {
      // Another coordinator was faster, or a user appended. The index learns which, and it is tried again.
      if (hasCode(error, 'fenced')) return false
      throw error
    }
    this.index.stored(id, [record], { sequence: journal.sequence, before })
    return true
  }

  /** Rings the bells that a dead coordinator had not rung. */
  async ringMissing(runs: readonly string[]): Promise<void> {
    const { bus, signal } = this.#options
    const bells = await listBells(bus, signal)
    for (const id of runs) {
      const tasks = this.index.get(id)?.tasks ?? []
      for (const task of tasks) {
        if (task.waiting !== undefined || task.decided.length > 0) this.#waiting.look(task)
        if (task.waiting !== undefined) continue
        this.#hostless.watch(task.agent)
        if (isReady(task, tasks) && !bells.has(task)) await ringOrReject(bus, task, signal)
      }
    }
  }

  /** Starts a run with these first records. Resolves when they are stored. */
  async submit(run: string, records: readonly JournalRecord[]): Promise<'new' | 'duplicate'> {
    // Of an earlier submission that was refused.
    await this.#loaded.get(run)?.advancing
    this.#loaded.delete(run)
    const loaded = this.#load(run)
    loaded.isCurrent = true
    loaded.log.add(...records)
    const submission = Promise.withResolvers<'new' | 'duplicate'>()
    loaded.submission = submission
    this.wake(run)
    return submission.promise
  }

  /** Advances a run, because something arrived for it. */
  wake(run: string): void {
    if (this.#options.signal.aborted || this.index.get(run)?.unreadable) return
    const loaded = this.#load(run)
    loaded.again = true
    loaded.advancing ??= this.#advance(loaded).finally(() => {
      loaded.advancing = undefined
      this.#settle(loaded)
    })
  }

  /** The context of an open run. Undefined if it is not open. */
  async context(run: string, signal: AbortSignal): Promise<RunContext | undefined> {
    // The index is behind the journals: at the start, and a little behind what another coordinator appends.
    const found = new AbortController()
    const known = waitFor(this.#known, run, AbortSignal.any([signal, this.#options.signal, found.signal]))
    known.catch(() => {}) // Awaited below if it is needed.
    try {
      if (this.index.get(run) === undefined) {
        const state = await new RunLog(this.#options.bus, run).load()
        if (state === undefined || state.ended !== undefined) return undefined
        if (this.index.get(run) === undefined) await known
      }
      return this.index.get(run) === undefined ? undefined : this.#load(run).context
    } finally {
      found.abort()
    }
  }

  /** Waits until a task ends. */
  untilTaskEnds(run: string, task: string, signal: AbortSignal): Promise<TaskResult> {
    return waitFor(this.#taskEnds, `${run} ${task}`, signal)
  }

  /** Waits until a run ends. Resolves at once if it is not open. */
  async untilRunEnds(run: string, signal: AbortSignal): Promise<void> {
    if (this.index.get(run) !== undefined) await waitFor(this.#runEnds, run, signal)
  }

  /** Resolves when no run does anything. Only after the signal has aborted. */
  async stopped(): Promise<void> {
    await Promise.all([this.own.stopped(), ...[...this.#loaded.values()].map(({ advancing }) => advancing)])
  }

  /** Whether a run that this coordinator drives has something at work: an own task, or a task on a host. */
  get isBusy(): boolean {
    if (this.own.size > 0) return true
    if ([...this.#loaded.values()].some(({ advancing }) => advancing !== undefined)) return true
    const isAtWork = ({ host, waiting }: IndexedTask) => host !== undefined && waiting === undefined
    return [...this.driven()].some(({ tasks }) => tasks.some(isAtWork))
  }

  /** The open runs that this coordinator drives. */
  driven(): IndexedRun[] {
    const { coordinator } = this.#options
    return [...this.index.open()].filter(({ driver, unreadable }) => driver === coordinator && !unreadable)
  }

  /** An open run that this coordinator drives. */
  #drivenRun(run: string): IndexedRun | undefined {
    const open = this.index.get(run)
    return open?.driver === this.#options.coordinator && !open.unreadable ? open : undefined
  }

  #load(run: string): LoadedRun {
    const known = this.#loaded.get(run)
    if (known !== undefined) return known
    const { bus, config, team, model, signal } = this.#options
    const log = new RunLog(bus, run, {
      isRouter: (agent) => team.has(agent) && team.card(agent).level === 1,
      stored: (records, { sequence, before }) => {
        this.index.stored(run, records, { sequence, before })
        loaded.submission?.resolve('new')
      },
    })
    const interrupt = new AbortController()
    let last: Promise<unknown> = Promise.resolve()
    const loaded: LoadedRun = {
      log,
      isCurrent: false,
      interrupt,
      again: false,
      advancing: undefined,
      context: {
        bus,
        config,
        team,
        log,
        index: this.index,
        ends: new Map(),
        untilEnd: (task, until) => this.untilTaskEnds(run, task, until),
        views: () => {
          loaded.views ??= new LiveTaskViews(bus, run, signal)
          return loaded.views.read()
        },
        oneByOne: (admit) => {
          const next = last.then(admit, admit)
          last = next.catch(() => {})
          return next
        },
        own: this.own,
        needHost: (agent) => this.#hostless.watch(agent),
        model,
        finished: (task, outcome) => {
          if ('result' in outcome) loaded.context.ends.set(task, outcome.result)
          else loaded.failure = outcome
          this.wake(run)
        },
        signal: AbortSignal.any([signal, interrupt.signal]),
        isEnding: false,
      },
    }
    this.#loaded.set(run, loaded)
    return loaded
  }

  async #advance(loaded: LoadedRun): Promise<void> {
    const { signal, warn } = this.#options
    const { log } = loaded
    while (loaded.again && !signal.aborted) {
      loaded.again = false
      try {
        if (!(await this.#refresh(loaded))) return
        const { failure } = loaded
        delete loaded.failure
        if (failure !== undefined) throw failure.error
        await advanceRun(loaded.context)
        // Another coordinator appended while this one did.
        if (this.#isBehind(log)) loaded.again = true
      } catch (error) {
        if (signal.aborted) return
        // The state may have records that are not stored.
        loaded.isCurrent = false
        if (this.#isExpected(loaded, error)) loaded.again = true
        else if (!(await this.#fail(loaded, error))) {
          warn(`Run ${log.run} is not driven by this daemon: ${errorText(error)}`)
          return
        }
      }
    }
  }

  /** Gets a loaded run ready. @returns false if this coordinator does not drive it, or it has ended */
  async #refresh(loaded: LoadedRun): Promise<boolean> {
    const { log, context } = loaded
    const { coordinator, signal } = this.#options
    if (loaded.interrupt.signal.aborted) {
      loaded.interrupt = new AbortController()
      context.signal = AbortSignal.any([signal, loaded.interrupt.signal])
    }
    if (!loaded.isCurrent || this.#isBehind(log)) {
      const state = await log.load()
      if (state === undefined) return false
      loaded.isCurrent = true
      if (state.driver === undefined) log.add({ type: 'run.driven', at: Date.now(), coordinator })
    }
    return log.state.driver === coordinator && log.state.ended === undefined
  }

  #isBehind({ run, sequence }: RunLog): boolean {
    const known = this.index.get(run)
    return known !== undefined && known.sequence > sequence
  }

  /** Whether the run goes on from its journal after this error. */
  #isExpected(loaded: LoadedRun, error: unknown): boolean {
    if (!hasCode(error, 'fenced')) return loaded.interrupt.signal.aborted
    // Another coordinator has appended, perhaps a request to cancel. The journal says who drives the run now.
    loaded.submission?.resolve('duplicate')
    return true
  }

  /** Ends a run after an error. @returns false if that is not possible */
  async #fail(loaded: LoadedRun, error: unknown): Promise<boolean> {
    loaded.submission?.reject(error)
    // A version that can read it must drive it. The other runs are not affected.
    if (hasCode(error, 'bad-journal')) return false
    try {
      if (await this.#refresh(loaded)) await failRun(loaded.context, error)
      return true
    } catch (second) {
      loaded.isCurrent = false
      if (!this.#options.signal.aborted && !this.#isExpected(loaded, second)) return false
      loaded.failure = { error }
      loaded.again = true
      return true
    }
  }

  /** Forgets a run that has ended or that another coordinator drives, and the longest idle runs. */
  #settle(loaded: LoadedRun): void {
    const { coordinator, signal } = this.#options
    const { run } = loaded.log
    // If it was stored or refused, that has settled it before.
    if (signal.aborted) loaded.submission?.reject(signal.reason)
    delete loaded.submission
    this.#loaded.delete(run)
    if (this.index.get(run)?.driver !== coordinator) {
      const message = 'This daemon does not drive the run any longer.'
      void this.own.stop(run, () => new BailiwickError('suspended', message))
      return
    }
    this.#loaded.set(run, loaded)
    if (!loaded.again && !this.own.concerns(run)) this.index.settled(run, loaded.log.sequence)
    if (loaded.again && !signal.aborted) this.wake(run)
    for (const [oldest, { advancing }] of this.#loaded) {
      if (this.#loaded.size <= MAX_LOADED) return
      if (advancing === undefined) this.#loaded.delete(oldest)
    }
  }

  async #warnOfUnreadable(run: string): Promise<void> {
    const { bus, warn } = this.#options
    try {
      await new RunLog(bus, run).load()
    } catch (error) {
      warn(`Run ${run} is not driven by this daemon: ${errorText(error)}`)
    }
  }

  /** The index is complete. */
  #completed(): void {
    this.#isCaughtUp = true
    this.#caughtUp.resolve()
    for (const run of [...this.#known.keys()]) if (this.index.get(run)) settleAll(this.#known, run, undefined)
    const { warn } = this.#options
    if (this.#isAdopted) {
      this.adopt().catch((error: unknown) => warn(`Cannot continue the open runs: ${errorText(error)}`))
    }
  }

  /** The journals are read again. */
  #lost(): void {
    this.#isCaughtUp = false
    for (const loaded of this.#loaded.values()) {
      loaded.isCurrent = false
      delete loaded.views
    }
  }

  #appended(run: IndexedRun, records: readonly JournalRecord[], sequence: number): void {
    const { run: id } = run
    settleAll(this.#known, id, undefined)
    const loaded = this.#loaded.get(id)
    const has = (type: JournalRecord['type']) => records.some((record) => record.type === type)
    if (has('run.ended')) {
      this.#unwatchDeadline(id)
      settleAll(this.#runEnds, id, undefined)
    } else if (has('run.driven')) {
      if (run.driver === this.#options.coordinator) this.#watchDeadline(run)
      else this.#unwatchDeadline(id)
    }
    // Its own append, which the state has already.
    if (loaded?.log.writing || (loaded?.isCurrent && sequence <= loaded.log.sequence)) return
    if (run.driver !== this.#options.coordinator || !this.#isCaughtUp) return
    if (has('run.cancel-requested')) loaded?.interrupt.abort(new Error('the run was canceled'))
    // A new driver alone changes nothing.
    if (isDue(run) || !records.every(({ type }) => type === 'run.driven')) this.wake(id)
  }

  #taskEnded(run: IndexedRun, task: string, result: TaskResult, known: IndexedTask | undefined): void {
    settleAll(this.#taskEnds, `${run.run} ${task}`, result)
    // A delegate is waited for by its parent, and an own task by its work.
    const isAwaited = known !== undefined && known.parent === undefined
    if (!isAwaited || run.driver !== this.#options.coordinator || !this.#isCaughtUp) return
    this.#load(run.run).context.ends.set(task, result)
    this.wake(run.run)
  }

  /** Advances a run when its wall time is over. It is not over while the run waits for people. */
  #watchDeadline({ run, deadline, waitsSince }: IndexedRun): void {
    this.#unwatchDeadline(run)
    if (deadline === undefined || waitsSince !== undefined || this.#options.signal.aborted) return
    const left = deadline + DEADLINE_GRACE_MS - Date.now()
    const look = () => {
      const open = this.index.get(run)
      if (open === undefined) return
      if (Date.now() < deadline + DEADLINE_GRACE_MS) return this.#watchDeadline(open)
      this.#loaded.get(run)?.interrupt.abort(new Error('the time of the run is over'))
      this.wake(run)
    }
    this.#deadlines.set(run, setTimeout(look, Math.min(Math.max(1, left), MAX_TIMER_MS)))
  }

  #unwatchDeadline(run: string): void {
    clearTimeout(this.#deadlines.get(run))
    this.#deadlines.delete(run)
  }
}

type Waiting<T> = Map<string, Set<(value: T) => void>>

/** Waits until `settleAll` is called with this key. */
async function waitFor<T>(waiting: Waiting<T>, key: string, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const its = waiting.get(key) ?? new Set()
  waiting.set(key, its.add(resolve))
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    its.delete(resolve)
    if (its.size === 0 && waiting.get(key) === its) waiting.delete(key)
  }
}

function settleAll<T>(waiting: Waiting<T>, key: string, value: T): void {
  for (const resolve of waiting.get(key) ?? []) resolve(value)
}
