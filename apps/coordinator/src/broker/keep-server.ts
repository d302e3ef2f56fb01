import { setTimeout as sleep } from 'node:timers/promises'
import { type Refusals, type RunningNatsServer, startNatsServer } from '@bailiwick/nats-server'
import { dataPaths } from '../config/data-dir.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** A nats-server that is started again when it dies, on the same port and store. */
export interface KeptServer {
  /** The one that runs, or ran last. */
  server(): RunningNatsServer
  /** What it refuses to its users, over its restarts, until aborted. */
  refusals(signal: AbortSignal): AsyncIterable<Refusals>
  /** Settles when it is given up. */
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/** A life shorter than this counts as a quick death. Milliseconds. */
const QUICK_MS = 5_000

/**
 * Starts (or adopts) the daemon's own nats-server and keeps it running until stopped.
 *
 * @param options `signal` gives up the first start. Later ones go on without it: a daemon that was told to end
 *   needs its server until everything has been written down
 */
export async function keepServer(
  config: LoadedConfig,
  { note, signal }: { note(line: string): void; signal: AbortSignal },
): Promise<KeptServer> {
  const { dataDir, nats, limits } = config
  const ended = new AbortController()
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
    for (let quick = 0; ; ) {
      const startedAt = Date.now()
      await server.exited
      if (ended.signal.aborted) return
      quick = Date.now() - startedAt < QUICK_MS ? quick + 1 : 0
      if (quick > limits.restarts) throw new Error('nats-server has died again and again')
      note('nats-server has died; starting it again')
      await sleep(100 * 2 ** quick, undefined, { signal: ended.signal })
      server = await start(ended.signal)
    }
  }
  const keeping = keep().catch((error: unknown) => {
    if (!ended.signal.aborted) failed.resolve(error instanceof Error ? error : new Error(String(error)))
  })

  async function* refusals(until: AbortSignal): AsyncGenerator<Refusals> {
    const either = AbortSignal.any([until, ended.signal])
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
      ended.abort()
      await Promise.all([server.stop(), keeping])
    },
  }
}
