import { setTimeout as sleep } from 'node:timers/promises'
import { adoptChild, type Death, type LiveChild, startChild } from './child-process.ts'
import { type ChildSpec, childSignature } from './child-spec.ts'
import { endProcess, killGroup } from './end-process.ts'
import { type PidFile, removePidFile, writePidFile } from './pid-file.ts'

/** `waiting`: it is about to be restarted. `failed`: it was given up. */
export type ChildState = 'running' | 'waiting' | 'failed' | 'stopped'

/** The current state of a supervised child. */
export interface ChildReport {
  name: string
  state: ChildState
  pid?: number
  startedAt?: number
  adopted?: boolean
  /** Starts after the first. */
  restarts: number
  /** Why its last life ended, and the last lines that it printed. */
  lastDeath?: { reason: string; lines: string[] }
}

/** A process that is kept alive until it is stopped or given up. */
export interface SupervisedChild {
  readonly name: string
  report(): ChildReport
  /** The last lines that it has printed in this life, or in the last one if it does not run. */
  output(): string[]
  stop(graceMs: number): Promise<void>
}

export interface SuperviseOptions {
  dataDir: string
  /** Consecutive quick deaths after which the child is given up. */
  restarts: number
  /** The living child of an earlier daemon, to be adopted. */
  living?: PidFile | undefined
  /** Called when the process `pid` has died. The report's state is `failed` if the child was given up. */
  onDeath(report: ChildReport, pid: number): void
}

/** A shorter life counts as a quick death. Milliseconds. */
const QUICK_MS = 5_000
const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 10_000
/** Exit code of a child that no restart can help: wrong arguments or a bad definition. */
const UNUSABLE_CODE = 2

/** Starts or adopts a child, and restarts it when it dies, with growing delays. */
export function supervise(spec: ChildSpec, options: SuperviseOptions): SupervisedChild {
  const stopped = new AbortController()
  let report: ChildReport = { name: spec.name, state: 'waiting', restarts: 0 }
  let live: LiveChild | undefined

  const begin = (living: PidFile | undefined): LiveChild => {
    const child =
      living === undefined
        ? startChild(options.dataDir, spec)
        : adoptChild(options.dataDir, living, stopped.signal)
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
      if (stopped.signal.aborted) return
      killGroup(child.pid)
      removePidFile(options.dataDir, spec.name)
      live = undefined
      quickDeaths = Date.now() - child.startedAt < QUICK_MS ? quickDeaths + 1 : 0
      const isGivenUp = death.code === UNUSABLE_CODE || quickDeaths > options.restarts
      const { pid: _pid, startedAt: _startedAt, adopted: _adopted, ...rest } = report
      const lastDeath = { reason: describeDeath(death), lines: child.lastLines() }
      report = { ...rest, state: isGivenUp ? 'failed' : 'waiting', lastDeath }
      options.onDeath(report, child.pid)
      if (isGivenUp) return
      const delay = quickDeaths === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (quickDeaths - 1), MAX_DELAY_MS)
      await sleep(delay, undefined, { signal: stopped.signal }).catch(() => {})
      if (stopped.signal.aborted) return
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
      stopped.abort()
      if (live !== undefined) await endProcess(live, graceMs)
      removePidFile(options.dataDir, spec.name)
      report = { ...report, state: 'stopped' }
    },
  }
}

function describeDeath(death: Death): string {
  if (death.signal !== undefined) return `was killed by ${death.signal}`
  return death.code === undefined ? 'ended' : `exited with ${death.code}`
}
