import { setTimeout as sleep } from 'node:timers/promises'
import { BailiwickError } from '@bailiwick/contract'
import { type Refusals, type RunningNatsServer, startNatsServer } from '@bailiwick/nats-server'
import { dataPaths } from '../config/data-dir.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** A nats-server that is restarted on the same port and store when it dies. */
export interface KeptServer {
  /** The server that runs, or the last one that did. */
  server(): RunningNatsServer
  /** What the server refuses to its users, across restarts, until `signal` aborts. */
  refusals(signal: AbortSignal): AsyncIterable<Refusals>
  /** Settles when the server is given up. */
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/** A shorter life counts as a quick death. Milliseconds. */
const QUICK_MS = 5_000

/**
 * Starts or adopts the daemon's own nats-server and keeps it running until stopped.
 *
 * @param options.signal aborts the first start only. A daemon that shuts down needs its server until it has written
 *   everything
 */
export async function keepServer(
  config: LoadedConfig,
  { note, signal }: { note(line: string): void; signal: AbortSignal },
): Promise<KeptServer> {
  const { dataDir, nats, limits } = config
  const stopped = new AbortController()
  const start = (until: AbortSignal) =>
    startNatsServer({
      dataDir: dataPaths.nats(dataDir),
      ...(nats.port !== undefined && { port: nats.port }),
      onProgress: note,
      signal: until,
    })
  let server = await start(signal)
  const failed = Promise.withResolvers<Error>()

  const keep = async () => {
    for (let quickDeaths = 0; ; ) {
      const startedAt = Date.now()
      await server.exited
      if (stopped.signal.aborted) return
      quickDeaths = Date.now() - startedAt < QUICK_MS ? quickDeaths + 1 : 0
      if (quickDeaths > limits.restarts) {
        throw new BailiwickError(
          'nats-server',
          `nats-server died ${quickDeaths} times in a row within ${QUICK_MS / 1_000} s of its start.`,
        )
      }
      note('nats-server has died. Restarting it.')
      await sleep(100 * 2 ** quickDeaths, undefined, { signal: stopped.signal })
      server = await start(stopped.signal)
    }
  }
  const keeping = keep().catch((error: unknown) => {
    if (!stopped.signal.aborted) failed.resolve(error instanceof Error ? error : new Error(String(error)))
  })

  async function* refusals(until: AbortSignal): AsyncGenerator<Refusals> {
    const either = AbortSignal.any([until, stopped.signal])
    for (let followed: RunningNatsServer | undefined; !either.aborted; ) {
      if (followed === server) await sleep(100, undefined, { signal: either }).catch(() => {})
      else {
        followed = server
        yield* followed.refusals(either)
      }
    }
  }

  return {
    server: () => server,
    refusals,
    failed: failed.promise,
    async stop() {
      stopped.abort()
      await Promise.all([server.stop(), keeping])
    },
  }
}
