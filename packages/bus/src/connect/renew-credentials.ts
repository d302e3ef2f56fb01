import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from './bus.ts'
import { readCredentials } from './credentials.ts'

/** How often it is looked whether credentials were renewed: this part of the time that is left of them. */
const PART = 8
const SHORTEST_LOOK_MS = 50
const MAX_LOOK_MS = 60_000

/**
 * Connects anew with credentials that were renewed, in a moment in which no answer is on its way. At their end
 * the server would close the connection in whatever moment that is.
 *
 * @param credentials the text that the connection was made with, and the text as it is now
 */
export async function renewAtRest(
  { connection, link, outbox, exchanges }: Pick<Bus, 'connection' | 'link' | 'outbox' | 'exchanges'>,
  credentials: { used(): string; now(): string },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { expires } = readCredentials(credentials.used())
    if (expires === undefined) return
    const look = Math.min(Math.max((expires - Date.now()) / PART, SHORTEST_LOOK_MS), MAX_LOOK_MS)
    await sleep(look, undefined, { signal, ref: false })
    const renewed = readCredentials(credentials.now()).expires ?? Number.POSITIVE_INFINITY
    // Not because a daemon was started again and made them anew: a connection is not broken for little.
    const isWorthIt = renewed - Date.now() >= 2 * (expires - Date.now())
    if (!isWorthIt || !link.up) continue
    const arrived = () => outbox.flush()
    await exchanges
      .atRest(arrived, () => link.again(connection), signal)
      .catch((error: unknown) => {
        signal.throwIfAborted()
        if (link.up) throw error // Otherwise it broke meanwhile, and is made again with the new ones.
      })
  }
}
