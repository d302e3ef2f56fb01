import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SOURCE_FLAGS } from '@bailiwick/contract'
import {
  isStillRunning,
  type ProcessIdentity,
  processIdentity,
} from '@bailiwick/nats-server/process-identity'
import { dataPaths } from '../config/data-dir.ts'
import type { ChildSpec } from './child-spec.ts'
import type { PidFile } from './pid-file.ts'

/** How a child ended. An adopted one's code is not known: it was another process's child. */
export interface Death {
  code: number | undefined
  signal: string | undefined
}

/** One living process, started here or adopted. */
export interface LiveChild extends ProcessIdentity {
  readonly startedAt: number
  readonly adopted: boolean
  readonly died: Promise<Death>
  /** It is written down: it begins. Until then it waits, and ends by itself where this process dies. */
  begin(): void
  /** The last lines it printed on stderr or stdout in this life. */
  lastLines(): string[]
}

/** Beside this file, in source as when built. */
const WAIT_FOR_START = new URL(`./wait-for-start${extname(fileURLToPath(import.meta.url))}`, import.meta.url)
  .href

/**
 * Starts a child in a process group of its own, so that Ctrl-C reaches the command alone. What it prints
 * goes to a file, not a pipe: a pipe would break when this daemon dies, and the child with it. It does nothing before it is told to begin.
 */
export function startChild(dataDir: string, spec: ChildSpec): LiveChild {
  const file = dataPaths.log(dataDir, spec.name)
  const log = openSync(file, 'a', 0o600)
  const logStart = statSync(file).size
  let child: ChildProcess
  try {
    const flags = [...SOURCE_FLAGS, '--disable-warning=ExperimentalWarning', '--import', WAIT_FOR_START]
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
    child.once('error', () => resolve({ code: undefined, signal: undefined }))
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
  })
  // A child that is gone already: its death is told.
  child.stdin?.on('error', () => {})
  const pid = child.pid ?? 0
  return {
    pid,
    startTime: processIdentity(pid)?.startTime ?? '',
    startedAt: Date.now(),
    adopted: false,
    died,
    begin: () => child.stdin?.end('\n'),
    lastLines: () => tail(file, logStart),
  }
}

/** Watches a child of an earlier daemon. It is nobody's child here, so its death is seen by looking. */
export function adoptChild(dataDir: string, file: PidFile, signal: AbortSignal): LiveChild {
  const log = dataPaths.log(dataDir, file.name)
  return {
    pid: file.pid,
    startTime: file.startTime,
    startedAt: file.startedAt,
    adopted: true,
    died: watchDeath(file, signal),
    begin: () => {},
    lastLines: () => tail(log, 0),
  }
}

async function watchDeath(file: PidFile, signal: AbortSignal): Promise<Death> {
  while (isStillRunning(file) && !signal.aborted) await sleep(100)
  return { code: undefined, signal: undefined }
}

const TAIL_BYTES = 4096

function tail(file: string, from: number): string[] {
  const size = statSync(file).size
  const start = Math.max(from, size - TAIL_BYTES)
  const bytes = Buffer.alloc(Math.max(0, size - start))
  const fd = openSync(file, 'r')
  try {
    readSync(fd, bytes, 0, bytes.length, start)
  } finally {
    closeSync(fd)
  }
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-12)
}
