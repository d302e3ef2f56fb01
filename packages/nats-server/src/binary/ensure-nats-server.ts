import { fetchNatsServer } from '../fetch/fetch-nats-server.ts'
import { type FindOptions, findNatsServer } from './find-nats-server.ts'
import type { NatsServerBinary } from './server-binary.ts'

export interface EnsureOptions extends FindOptions {
  /** Where release archives are fetched from, when apt cannot serve; see {@link RELEASES_URL}. */
  readonly releasesUrl?: string
  /** Lines for a person: what is fetched, what should be upgraded. */
  readonly onProgress?: (line: string) => void
}

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
