import { type CloudEvent, eventName, followEvents, type RunDetails } from '@bailiwick/bus'
import { getRun } from './about-runs.ts'
import type { Client } from './connect.ts'

interface WatchOptions {
  /** Ends the watching, not the run: for that there is `cancelRun`. */
  signal?: AbortSignal
}

/**
 * The events of a run from its beginning, then as they come; ends after `run.ended`. A run that is not
 * there yet is waited for.
 *
 * @throws the signal's reason; BusError `bus-auth` where the credentials have been refused for 10 s.
 * @example
 * for await (const event of watchRun(client, run)) console.log(event.type, event.agent)
 */
export async function* watchRun(
  client: Client,
  run: string,
  options: WatchOptions = {},
): AsyncGenerator<CloudEvent> {
  for await (const { event } of followEvents(client, { from: 'beginning', run, ...options })) {
    yield event
    if (eventName(event.type) === 'run.ended') return
  }
  options.signal?.throwIfAborted()
}

/** Waits for the end of a run. @throws as {@link watchRun}. */
export async function waitForRun(
  client: Client,
  run: string,
  options: WatchOptions = {},
): Promise<RunDetails> {
  for await (const _ of watchRun(client, run, options)) {
    // Only the end counts.
  }
  return getRun(client, run, options)
}
