import { type FetchOptions, fetchNatsServer } from './fetch-nats-server.ts'
import { findNatsServer } from './find-nats-server.ts'
import type { NatsServerBinary } from './inspect-binary.ts'

/** Where to look, where to fetch from, and whom to tell. */
export type EnsureOptions = FetchOptions

/**
 * Finds a nats-server as {@link findNatsServer} does, or fetches one into the cache.
 *
 * @throws NatsServerError `binary-not-found`, whose message says what was tried and which command installs one
 * @example
 * ```ts
 * const binary = await ensureNatsServer({ onProgress: (line) => console.error(line) })
 * ```
 */
export async function ensureNatsServer(options: EnsureOptions = {}): Promise<NatsServerBinary> {
  const binary = (await findNatsServer(options)) ?? (await fetchNatsServer(options))
  if (binary.warning) options.onProgress?.(binary.warning)
  return binary
}
