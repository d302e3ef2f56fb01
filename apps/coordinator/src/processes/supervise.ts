import { statSync } from 'node:fs'
import { errorText } from '@bailiwick/contract'
import { meansDiskFull } from '../config/disk-space.ts'
import { MAX_DELAY_MS, QUICK_MS, restartDelay } from '../restart/restart-delay.ts'
import { adoptChild, type Death, type LiveChild, startChild } from './child-process.ts'
import { type ChildSpec, childSignature } from './child-spec.ts'
import { endProcess, killGroup } from './end-process.ts'
import { type PidFile, removePidFile, writePidFile } from './pid-file.ts'

/**
 * `waiting`: it is about to start. `failed`: it keeps dying soon after its start; it is tried again, up to a
 * minute apart, until it stays up. `idle`: it starts when it is needed.
 */
export type ChildState = 'running' | 'waiting' | 'failed' | 'idle' | 'stopped'

/** The current state of a supervised child. */
export interface ChildReport {
  name: string
  state: ChildState
  /** Present while a process runs. That of a failed child is another try. */
  pid?: number
  startedAt?: number
  adopted?: boolean
  /** Starts after a death. */
  restarts: number
  /** Consecutive deaths soon after the start. */
  quickDeaths: number
  /** When the next process starts, Unix milliseconds. */
  nextTryAt?: number
  /** Why the process is ended and replaced. Absent as soon as the next one runs. */
  replacing?: string
  /** Why its last life ended, and the last lines that it printed. */
  lastDeath?: { reason: string; lines: string[] }
}

/** A process that is kept alive until it is stopped. */
export interface SupervisedChild {
  readonly name: string
  report(): ChildReport
  /** The last lines that it has printed in this life, or in the last one if it does not run. */
  output(): string[]
  /** Starts it if it is idle. Tries a failed child again soon. */
  need(): void
  /** Ends the running process in order, and starts another one. Does nothing if it is being replaced. */
  replace(why: string, graceMs: number): Promise<void>
  stop(graceMs: number): Promise<void>
}

export interface SuperviseOptions {
  dataDir: string
  /** After more consecutive quick deaths than this, the child counts as failed. */
  restarts: number
  /** The living child of an earlier daemon, to be adopted. */
  living?: PidFile | undefined
  /** Starts the child only when it is needed. It may exit when it has nothing to do. */
  onDemand?: boolean
  /** A child for which no restart can help is tried again when one of these files changes. */
  files?: readonly string[]
  /** Called when the process `pid` has ended; 0 if it could not be started. The report is that of the pause after it. */
  onDeath(report: ChildReport, pid: number): void
  /** Called when a failed child has stayed up. */
  onRecovered?(): void
}

/** A failed child that is needed is tried again this long after its last death. Milliseconds. */
const NEEDED_DELAY_MS = 1_000
/** The pause before another start if the disk is full. Milliseconds. */
const DISK_FULL_DELAY_MS = 2_000
/** How often the files of a child that cannot load are checked. Milliseconds. */
const CHECK_FILES_MS = 500
/** Exit code of a child that no restart can help: wrong arguments or a bad definition. */
const UNUSABLE_CODE = 2

/** Starts or adopts a child, and restarts it when it dies: with growing delays, and without an end. */
export function supervise(spec: ChildSpec, options: SuperviseOptions): SupervisedChild {
  return new Supervised(spec, options)
}

/** How a life of a child ended. */
interface Life {
  death: Death
  /** 0 if it could not be started. */
  pid: number
  /** How long it lasted, milliseconds. */
  lived: number
  /** Whether it could not be started because the disk is full. */
  isDiskFull: boolean
}

class Supervised implements SupervisedChild {
  readonly #spec: ChildSpec
  readonly #options: SuperviseOptions
  readonly #stopped = new AbortController()
  #report: ChildReport
  #live: LiveChild | undefined
  #pause: Pause | undefined

  constructor(spec: ChildSpec, options: SuperviseOptions) {
    this.#spec = spec
    this.#options = options
    this.#report = { name: spec.name, state: 'waiting', restarts: 0, quickDeaths: 0 }
    void this.#keepAlive()
  }

  get name(): string {
    return this.#spec.name
  }

  report(): ChildReport {
    return this.#report
  }

  output(): string[] {
    return this.#live?.lastLines() ?? this.#report.lastDeath?.lines ?? []
  }

  need(): void {
    if (this.#report.state === 'idle') {
      this.#report = { ...this.#report, state: 'waiting' }
      this.#pause?.end()
    }
    if (this.#report.state === 'failed') this.#pause?.shorten(NEEDED_DELAY_MS)
  }

  async replace(why: string, graceMs: number): Promise<void> {
    const live = this.#live
    if (live === undefined || this.#report.replacing !== undefined) return
    this.#report = { ...this.#report, replacing: why }
    await endProcess(live, graceMs)
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort()
    this.#pause?.end()
    if (this.#live !== undefined) await endProcess(this.#live, graceMs)
    removePidFile(this.#options.dataDir, this.name)
    const { nextTryAt: _, ...rest } = this.#report
    this.#report = { ...rest, state: 'stopped' }
  }

  async #keepAlive(): Promise<void> {
    let { living } = this.#options
    if (this.#options.onDemand && living === undefined) {
      this.#report = { ...this.#report, state: 'idle' }
      await this.#waitForNeed()
    }
    while (!this.#stopped.signal.aborted) {
      const { death, pid, lived, isDiskFull } = await this.#liveOnce(living)
      living = undefined
      if (this.#stopped.signal.aborted) return
      const rest = this.#afterLife()
      const mayRest = death.code === 0 || (death.code === undefined && pid > 0)
      const isReplaced = rest.replacing !== undefined
      if (this.#options.onDemand && mayRest && death.signal === undefined && !isReplaced) {
        this.#report = { ...rest, state: 'idle', quickDeaths: 0 }
        if (rest.state === 'failed') this.#options.onRecovered?.()
        this.#options.onDeath(this.#report, pid)
        await this.#waitForNeed()
        continue
      }
      if (isDiskFull) await this.#waitForSpace(rest, death)
      else await this.#waitToRestart(rest, death, pid, lived)
    }
  }

  /** Starts or adopts the child, and waits until it has ended. */
  async #liveOnce(living: PidFile | undefined): Promise<Life> {
    const began = performance.now()
    let child: LiveChild
    try {
      child = this.#begin(living)
    } catch (error) {
      const reason = `could not be started: ${errorText(error)}`
      const death = { code: undefined, signal: undefined, reason }
      // If the disk is full, neither its log nor its record can be written.
      return { death, pid: 0, lived: 0, isDiskFull: meansDiskFull(error) }
    }
    this.#live = child
    const recovering = setTimeout(() => this.#recover(), QUICK_MS)
    const death = await child.died
    clearTimeout(recovering)
    // An adopted child is older. Its start is on the clock of an earlier daemon, which may have been set since.
    const before = child.adopted ? Math.max(0, Date.now() - child.startedAt) : 0
    const lived = Math.max(before, performance.now() - began)
    return { death, pid: child.pid, lived, isDiskFull: false }
  }

  #begin(living: PidFile | undefined): LiveChild {
    const { dataDir } = this.#options
    const child =
      living === undefined
        ? startChild(dataDir, this.#spec)
        : adoptChild(dataDir, living, this.#stopped.signal)
    const { pid, startTime, startedAt, adopted } = child
    try {
      const signature = childSignature(this.#spec)
      if (pid > 0) writePidFile(dataDir, { name: this.name, pid, startTime, startedAt, signature })
    } catch (error) {
      killGroup(pid)
      throw error
    }
    child.begin()
    const { nextTryAt: _, replacing: _replaced, ...rest } = this.#report
    const state = this.#report.state === 'failed' ? 'failed' : 'running'
    this.#report = { ...rest, state, ...(pid > 0 && { pid, startedAt, adopted }) }
    return child
  }

  /** The child has stayed up. */
  #recover(): void {
    const wasFailed = this.#report.state === 'failed'
    this.#report = { ...this.#report, state: 'running', quickDeaths: 0 }
    if (wasFailed) this.#options.onRecovered?.()
  }

  /** Ends what the child left behind. @returns the report without its life */
  #afterLife(): ChildReport {
    const { pid, startedAt: _startedAt, adopted: _adopted, ...rest } = this.#report
    if (pid !== undefined) killGroup(pid)
    removePidFile(this.#options.dataDir, this.name)
    const lines = this.#live?.lastLines() ?? []
    this.#live = undefined
    return { ...rest, lastDeath: { reason: rest.lastDeath?.reason ?? 'ended', lines } }
  }

  /** A full disk is not the child's fault, so its tasks wait. */
  async #waitForSpace(rest: ChildReport, death: Death): Promise<void> {
    const lastDeath = { reason: describeDeath(death), lines: [] }
    const isRepeated = rest.lastDeath?.reason === lastDeath.reason
    this.#report = { ...rest, state: 'waiting', nextTryAt: Date.now() + DISK_FULL_DELAY_MS, lastDeath }
    if (!isRepeated) this.#options.onDeath(this.#report, 0)
    this.#pause = new Pause(DISK_FULL_DELAY_MS)
    await this.#pause.over
    this.#pause = undefined
  }

  async #waitToRestart(rest: ChildReport, death: Death, pid: number, lived: number): Promise<void> {
    const { restarts, files = [], onDeath } = this.#options
    const quickDeaths = lived < QUICK_MS ? rest.quickDeaths + 1 : 0
    const isUnusable = death.code === UNUSABLE_CODE
    const delay = isUnusable ? MAX_DELAY_MS : restartDelay(quickDeaths)
    this.#report = {
      ...rest,
      state: isUnusable || quickDeaths > restarts ? 'failed' : 'waiting',
      quickDeaths,
      nextTryAt: Date.now() + delay,
      lastDeath: { reason: rest.replacing ?? describeDeath(death), lines: rest.lastDeath?.lines ?? [] },
    }
    onDeath(this.#report, pid)
    this.#pause = new Pause(delay, (nextTryAt) => {
      this.#report = { ...this.#report, nextTryAt }
    })
    const watching = isUnusable ? watchFiles(files, this.#pause) : undefined
    await this.#pause.over
    clearInterval(watching)
    this.#pause = undefined
    if (!this.#stopped.signal.aborted) {
      this.#report = { ...this.#report, restarts: this.#report.restarts + 1 }
    }
  }

  async #waitForNeed(): Promise<void> {
    this.#pause = new Pause()
    await this.#pause.over
    this.#pause = undefined
  }
}

/** A pause that can be ended and shortened. */
class Pause {
  readonly over: Promise<void>
  readonly end: () => void
  readonly #began = performance.now()
  readonly #moved: (endsAt: number) => void
  #timer: NodeJS.Timeout | undefined
  #ms: number

  /**
   * @param ms default: without an end
   * @param moved is called with the new end when the pause is shortened, Unix milliseconds
   */
  constructor(ms = Number.POSITIVE_INFINITY, moved: (endsAt: number) => void = () => {}) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.end = () => {
      clearTimeout(this.#timer)
      resolve()
    }
    this.#moved = moved
    this.#ms = ms
    if (ms < Number.POSITIVE_INFINITY) this.#timer = setTimeout(this.end, ms)
  }

  /** Ends it `ms` milliseconds after its beginning, or now if that is over. */
  shorten(ms: number): void {
    if (ms >= this.#ms) return
    this.#ms = ms
    const left = Math.max(0, ms - (performance.now() - this.#began))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.end, left)
    this.#moved(Date.now() + left)
  }
}

/** Ends the pause when one of the files changes. */
function watchFiles(files: readonly string[], pause: Pause): NodeJS.Timeout {
  const before = versionOf(files)
  return setInterval(() => {
    if (versionOf(files) !== before) pause.end()
  }, CHECK_FILES_MS)
}

function versionOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false })
      return found === undefined ? 'missing' : `${found.mtimeMs} ${found.ctimeMs} ${found.size}`
    })
    .join()
}

function describeDeath({ code, signal, reason }: Death): string {
  if (reason !== undefined) return reason
  if (signal !== undefined) return `was killed by ${signal}`
  return code === undefined ? 'ended' : `exited with ${code}`
}
