import { type CloudEvent, eventName, type RunDetails, watchEvents } from '@bailiwick/bus'
import type { Client } from './connect.ts'
import { getRun } from './runs.ts'

interface WatchOptions {
  /** Stops watching. The run continues; `cancelRun` ends it. */
  signal?: AbortSignal
}

/**
 * Yields the events of a run from its beginning until `run.ended`. Waits for a run that does not exist yet. Any number of
 * runs may be watched on one connection: they share one reader at the server.
 *
 * @throws the signal's reason; BusError `bus-auth` after the server has refused the credentials for `refusedMs`
 * (default 10,000).
 * @example
 * for await (const event of watchRun(client, run)) console.log(event.type, event.agent)
 */
export async function* watchRun(
  client: Client,
  run: string,
  options: WatchOptions = {},
): AsyncGenerator<CloudEvent> {
  for await (const { event } of watchEvents(client, run, options)) {
    yield event
    if (eventName(event.type) === 'run.ended') return
  }
  options.signal?.throwIfAborted()
}

/**
 * Waits for the end of a run, and returns its final state.
 *
 * @throws as {@link watchRun}.
 * @example
 * const { status, result } = await waitForRun(client, run)
 */
export async function waitForRun(
  client: Client,
  run: string,
  options: WatchOptions = {},
): Promise<RunDetails> {
  for await (const _ of watchRun(client, run, options)) {
    // Only the end matters.
  }
  return getRun(client, run, options)
}
