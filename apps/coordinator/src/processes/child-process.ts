import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SOURCE_FLAGS } from '@bailiwick/contract'
import {
  isStillRunning,
  type ProcessIdentity,
  processIdentity,
} from '@bailiwick/nats-server/process-identity'
import { dataPaths } from '../config/data-dir.ts'
import { lastLines } from '../restart/last-lines.ts'
import type { ChildSpec } from './child-spec.ts'
import type { PidFile } from './pid-file.ts'

/** How a child ended. Both are undefined for an adopted child, because it is not a child of this process. */
export interface Death {
  code: number | undefined
  signal: string | undefined
  /** Why no process could be started. */
  reason?: string
}

/** A living process that was started here or adopted. */
export interface LiveChild extends ProcessIdentity {
  readonly startedAt: number
  readonly adopted: boolean
  readonly died: Promise<Death>
  /** Lets the child start, once it is recorded. It waits until then, and ends if this process dies first. */
  begin(): void
  /** The last lines that it has printed on stderr or stdout in this life. */
  lastLines(): string[]
}

/** Next to this file, in source and in the build. */
const WAIT_FOR_START = new URL(`./wait-for-start${extname(import.meta.filename)}`, import.meta.url).href

/**
 * Starts a child in its own process group, so that Ctrl-C reaches only the command. Its output goes to a file, because
 * a pipe would break when this daemon dies and end the child too. The child waits for {@link LiveChild.begin}.
 */
export function startChild(dataDir: string, spec: ChildSpec): LiveChild {
  const file = dataPaths.log(dataDir, spec.name)
  const log = openSync(file, 'a', 0o600)
  const logStart = statSync(file).size
  let child: ChildProcess
  try {
    const flags = [
      ...SOURCE_FLAGS,
      ...(spec.nodeArgs ?? []),
      ...['--disable-warning=ExperimentalWarning', '--import', WAIT_FOR_START],
    ]
    child = spawn(process.execPath, [...flags, spec.script, ...spec.args], {
      cwd: spec.cwd,
      env: spec.env,
      detached: true,
      stdio: ['pipe', log, log],
      windowsHide: true,
    })
  } finally {
    closeSync(log)
  }
  const died = new Promise<Death>((resolve) => {
    child.once('error', ({ message }) => {
      resolve({ code: undefined, signal: undefined, reason: `could not be started: ${message}` })
    })
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
  })
  // If the child is already dead, `died` reports it.
  child.stdin?.on('error', () => {})
  const pid = child.pid ?? 0
  return {
    pid,
    startTime: processIdentity(pid)?.startTime ?? '',
    startedAt: Date.now(),
    adopted: false,
    died,
    begin: () => child.stdin?.end('\n'),
    lastLines: () => lastLines(file, logStart),
  }
}

/** Watches a child of an earlier daemon. Its death is polled, because only a parent is notified. */
export function adoptChild(dataDir: string, file: PidFile, signal: AbortSignal): LiveChild {
  const log = dataPaths.log(dataDir, file.name)
  return {
    pid: file.pid,
    startTime: file.startTime,
    startedAt: file.startedAt,
    adopted: true,
    died: pollDeath(file, signal),
    begin: () => {},
    lastLines: () => lastLines(log),
  }
}

async function pollDeath(file: PidFile, signal: AbortSignal): Promise<Death> {
  while (isStillRunning(file) && !signal.aborted) await sleep(100)
  return { code: undefined, signal: undefined }
}
