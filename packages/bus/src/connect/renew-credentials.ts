import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from './bus.ts'
import { readCredentials } from './credentials.ts'

/** Checks for renewed credentials after this fraction of their remaining time, within these bounds. */
const PART = 8
const MIN_CHECK_MS = 50
const MAX_CHECK_MS = 60_000

/**
 * Reconnects with renewed credentials at a moment when no request is in progress. Otherwise the server would close
 * the connection when the old ones expire, at any moment.
 *
 * @param credentials the text that the connection was made with, and the text as it is now
 */
export async function renewCredentials(
  { connection, link, outbox, exchanges }: Pick<Bus, 'connection' | 'link' | 'outbox' | 'exchanges'>,
  credentials: { used(): string; now(): string },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { expires } = readCredentials(credentials.used())
    if (expires === undefined) return
    const wait = Math.min(Math.max((expires - Date.now()) / PART, MIN_CHECK_MS), MAX_CHECK_MS)
    await sleep(wait, undefined, { signal, ref: false })
    const renewed = readCredentials(credentials.now()).expires ?? Number.POSITIVE_INFINITY
    // A restarted daemon writes the credentials again. That alone is no reason to reconnect.
    const isWorthIt = renewed - Date.now() >= 2 * (expires - Date.now())
    if (!isWorthIt || !link.up) continue
    const arrived = () => outbox.flush()
    await exchanges
      .whenIdle(arrived, () => link.reconnect(connection), signal)
      .catch((error: unknown) => {
        signal.throwIfAborted()
        if (link.up) throw error // Otherwise the connection broke, and reconnects with the new credentials.
      })
  }
}
