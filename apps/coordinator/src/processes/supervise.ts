import { setTimeout as sleep } from 'node:timers/promises'
import { adoptChild, type Death, type LiveChild, startChild } from './child-process.ts'
import { type ChildSpec, childSignature } from './child-spec.ts'
import { endProcess, killGroup } from './end-process.ts'
import { type PidFile, removePidFile, writePidFile } from './pid-file.ts'

export type ChildState = 'running' | 'waiting' | 'failed' | 'stopped'

/** What a supervised child does right now. */
export interface ChildReport {
  name: string
  state: ChildState
  pid?: number
  startedAt?: number
  adopted?: boolean
  /** Starts after the first. */
  restarts: number
  /** Why the last life ended, and its last lines. */
  lastDeath?: { reason: string; lines: string[] }
}

/** A process that is kept alive until it is stopped or given up. */
export interface SupervisedChild {
  readonly name: string
  report(): ChildReport
  /** The last lines that it has printed in this life, or in the last one if it does not run. */
  output(): string[]
  stop(graceMs: number): Promise<void>
  /** Leaves it running, for the next daemon to adopt. */
  release(): void
}

export interface SuperviseOptions {
  dataDir: string
  /** Quick deaths in a row after which it is given up. */
  restarts: number
  /** The same child of a daemon before, where it lives still. */
  living?: PidFile | undefined
  /** A life ended; `pid` is the dead process. Called before it is started again. */
  onDeath(report: ChildReport, pid: number): void
  /** It is given up: nothing starts it any more. */
  onGivenUp(report: ChildReport): void
}

/** A life shorter than this is a quick death. Milliseconds. */
const QUICK_MS = 5_000
const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 10_000
/** What a child exits with when no restart can help: bad usage or a bad definition. */
const HOPELESS = 2

/** Starts (or adopts) a child and starts it again whenever it dies, more slowly each time. */
export function supervise(spec: ChildSpec, options: SuperviseOptions): SupervisedChild {
  const ended = new AbortController()
  let report: ChildReport = { name: spec.name, state: 'waiting', restarts: 0 }
  let live: LiveChild | undefined

  const begin = (living: PidFile | undefined): LiveChild => {
    const child =
      living === undefined
        ? startChild(options.dataDir, spec)
        : adoptChild(options.dataDir, living, ended.signal)
    const { pid, startTime, startedAt, adopted } = child
    const signature = childSignature(spec)
    writePidFile(options.dataDir, { name: spec.name, pid, startTime, startedAt, signature })
    child.begin()
    report = { ...report, state: 'running', pid, startedAt, adopted }
    live = child
    return child
  }

  const keepAlive = async (first: LiveChild) => {
    let quickDeaths = 0
    for (let child = first; ; ) {
      const death = await child.died
      if (ended.signal.aborted) return
      killGroup(child.pid)
      removePidFile(options.dataDir, spec.name)
      live = undefined
      const { pid: _pid, startedAt: _startedAt, adopted: _adopted, ...rest } = report
      report = { ...rest, state: 'waiting', lastDeath: { reason: spell(death), lines: child.lastLines() } }
      options.onDeath(report, child.pid)
      quickDeaths = Date.now() - child.startedAt < QUICK_MS ? quickDeaths + 1 : 0
      if (death.code === HOPELESS || quickDeaths > options.restarts) {
        report = { ...report, state: 'failed' }
        options.onGivenUp(report)
        return
      }
      const delay = quickDeaths === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (quickDeaths - 1), MAX_DELAY_MS)
      await sleep(delay, undefined, { signal: ended.signal }).catch(() => {})
      if (ended.signal.aborted) return
      report = { ...report, restarts: report.restarts + 1 }
      child = begin(undefined)
    }
  }
  void keepAlive(begin(options.living))

  return {
    name: spec.name,
    report: () => report,
    output: () => live?.lastLines() ?? report.lastDeath?.lines ?? [],
    async stop(graceMs) {
      ended.abort()
      if (live !== undefined) await endProcess(live, graceMs)
      removePidFile(options.dataDir, spec.name)
      report = { ...report, state: 'stopped' }
    },
    release: () => ended.abort(),
  }
}

function spell(death: Death): string {
  if (death.signal !== undefined) return `killed by ${death.signal}`
  return death.code === undefined ? 'ended' : `exited with ${death.code}`
}
