import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '@bailiwick/contract'
import {
  type Refusals,
  type RunningNatsServer,
  type ServerExit,
  startNatsServer,
} from '@bailiwick/nats-server'
import { dataPaths } from '../config/data-dir.ts'
import { isDiskFull, meansDiskFull, untilSpace, type WaitOptions } from '../config/disk-space.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { lastLines } from '../restart/last-lines.ts'
import { QUICK_MS, restartDelay } from '../restart/restart-delay.ts'

/** `waiting`: it is about to be restarted. `failed`: it keeps dying soon after its start, and is tried again. */
export type ServerState = 'running' | 'waiting' | 'failed'

/** The state of the daemon's own nats-server. */
export interface ServerReport {
  state: ServerState
  /** The process that runs, or the last one that did. */
  pid: number
  version: string
  /** Consecutive deaths soon after the start, and starts that failed. */
  quickDeaths: number
  /** When the next start is tried, Unix milliseconds. */
  nextTryAt?: number
  /** Why it last ended or did not start, and its last lines. */
  lastDeath?: { reason: string; lines: string[] }
}

/** A nats-server that is restarted on the same port and store when it dies. */
export interface KeptServer {
  /** The server that runs, or the last one that did. */
  server(): RunningNatsServer
  report(): ServerReport
  /** What the server refuses to its users, across restarts, until `signal` aborts. */
  refusals(signal: AbortSignal): AsyncIterable<Refusals>
  stop(): Promise<void>
}

/** A server whose disk was full is restarted at most this often. Milliseconds. */
const RESTART_EVERY_MS = 10_000

/**
 * Starts or adopts the daemon's own nats-server and keeps it running until stopped. If it keeps dying, it is tried
 * again with growing delays and without an end, because everything waits for it anyway. While the disk is full, it is
 * not started.
 *
 * @param options.signal aborts the first start only. A daemon that shuts down needs its server until it has written
 *   everything
 * @throws NatsServerError if the first start fails
 */
export async function keepServer(
  config: LoadedConfig,
  { note, signal }: { note(line: string): void; signal: AbortSignal },
): Promise<KeptServer> {
  const { dataDir, nats, limits } = config
  const log = join(dataPaths.nats(dataDir), 'nats.log')
  const stopped = new AbortController()
  const quietly = { note: () => {}, signal: stopped.signal }
  const start = (until: AbortSignal, port = nats.port) =>
    startNatsServer({
      dataDir: dataPaths.nats(dataDir),
      ...(port !== undefined && { port }),
      onProgress: note,
      signal: until,
    })
  let server = await startFirst(dataDir, { note, signal }, () => start(signal))
  let report: Omit<ServerReport, 'pid' | 'version'> = { state: 'running', quickDeaths: 0 }
  let isRestarting = false

  /** Records why the server is down, and waits before the next start. */
  const pause = async (reason: string, quickDeaths: number) => {
    const wasFailed = report.state === 'failed'
    const isFailed = wasFailed || quickDeaths > limits.restarts
    const delay = restartDelay(quickDeaths)
    const lastDeath = { reason, lines: lastLines(log) }
    const nextTryAt = Date.now() + delay
    report = { state: isFailed ? 'failed' : 'waiting', quickDeaths, nextTryAt, lastDeath }
    if (!isFailed) note('nats-server has died. Restarting it.')
    else if (!wasFailed) {
      note(
        `nats-server ${reason}, ${quickDeaths} times in a row soon after its start. Everything waits for it. It is tried again, up to a minute apart.`,
      )
    }
    await sleep(delay, undefined, { signal: stopped.signal })
    await untilSpace(dataDir, quietly)
  }

  /** The server has stayed up, or has just been restarted after a single death. */
  const recovered = (quickDeaths: number) => {
    if (report.state !== 'running') note('nats-server runs again.')
    report = { state: 'running', quickDeaths, ...(report.lastDeath && { lastDeath: report.lastDeath }) }
  }

  const keep = async () => {
    for (let quickDeaths = 0; ; ) {
      const began = performance.now()
      const staying = setTimeout(() => recovered(0), QUICK_MS)
      const exit = await server.exited
      clearTimeout(staying)
      if (stopped.signal.aborted) return
      let reason = describeExit(exit)
      if (isRestarting) report = { state: 'waiting', quickDeaths: 0, lastDeath: { reason, lines: [] } }
      else {
        quickDeaths = performance.now() - began < QUICK_MS ? quickDeaths + 1 : 0
        await pause(reason, quickDeaths)
      }
      isRestarting = false
      for (;;) {
        try {
          // Every process knows this address. On another program's port they would be refused.
          server = await start(stopped.signal, server.port)
          break
        } catch (error) {
          stopped.signal.throwIfAborted()
          reason = `could not be started (${errorText(error)})`
        }
        quickDeaths += 1
        await pause(reason, quickDeaths)
      }
      if (report.state === 'waiting') recovered(quickDeaths)
    }
  }

  /** Once the disk was full, the server stores nothing in some streams until it is restarted. */
  const restartStuck = async () => {
    const failures = acrossRestarts((one, until) => one.storeFailures(until), stopped.signal)
    let restartedAt = Number.NEGATIVE_INFINITY
    for await (const { message } of failures) {
      await untilSpace(dataDir, quietly)
      const left = restartedAt + RESTART_EVERY_MS - performance.now()
      if (left > 0) await sleep(left, undefined, { signal: stopped.signal })
      restartedAt = performance.now()
      note(`nats-server must be restarted, because it could not write to its store: ${message}`)
      isRestarting = true
      await server.stop()
    }
  }

  const unlessStopped = (error: unknown) => {
    if (!stopped.signal.aborted) note(`nats-server is no longer watched: ${errorText(error)}`)
  }
  const keeping = Promise.all([keep().catch(unlessStopped), restartStuck().catch(unlessStopped)])

  /** Follows something of the server, and after each restart that of the next one. */
  async function* acrossRestarts<T>(
    follow: (one: RunningNatsServer, until: AbortSignal) => AsyncIterable<T>,
    until: AbortSignal,
  ): AsyncGenerator<T> {
    const either = AbortSignal.any([until, stopped.signal])
    for (let followed: RunningNatsServer | undefined; !either.aborted; ) {
      if (followed === server) await sleep(100, undefined, { signal: either }).catch(() => {})
      else {
        followed = server
        yield* follow(followed, either)
      }
    }
  }

  return {
    server: () => server,
    report: () => ({ ...report, pid: server.pid, version: server.version }),
    refusals: (until) => acrossRestarts((one, either) => one.refusals(either), until),
    async stop() {
      stopped.abort()
      await Promise.all([server.stop(), keeping])
    },
  }
}

/** The first start. If the disk is full, it waits until there is space. */
async function startFirst(
  dataDir: string,
  wait: WaitOptions,
  start: () => Promise<RunningNatsServer>,
): Promise<RunningNatsServer> {
  for (;;) {
    await untilSpace(dataDir, wait)
    try {
      return await start()
    } catch (error) {
      // A disk that filled up meanwhile is the reason: the server could not write that it is ready.
      if (!meansDiskFull(error) && !isDiskFull(dataDir)) throw error
    }
  }
}

function describeExit({ code, signal }: ServerExit): string {
  if (signal !== null) return `was killed by ${signal}`
  return code === null ? 'ended' : `exited with ${code}`
}
