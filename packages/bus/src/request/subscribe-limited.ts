import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'

/** Messages per second to accept from one sender: far above what a host needs, far below what it could send. */
export const MESSAGES_PER_SECOND = 2_000

const SECOND_MS = 1_000

/** Options of {@link subscribeLimited}. */
export interface LimitedOptions {
  queue?: string
  /** Messages per second. Infinity: any number. */
  perSecond: number
  /** Called each second in which messages are dropped. */
  exceeded?(): void
  take(message: Msg): void
}

/**
 * Subscribes to a bounded number of messages per second. The server drops the rest, so a sender that floods the subject
 * takes no time of this process. Use it where a dropped message does no harm, because the sender repeats it.
 */
export function subscribeLimited(
  connection: NatsConnection,
  subject: string,
  { queue, perSecond, exceeded, take }: LimitedOptions,
): { close(): void; drain(): Promise<void> } {
  let isClosed = false
  let subscription: Subscription
  let timer: NodeJS.Timeout | undefined

  function open(): void {
    if (isClosed || connection.isClosed() || connection.isDraining()) return
    const since = performance.now()
    let count = 0
    const own = connection.subscribe(subject, {
      ...(Number.isFinite(perSecond) && { max: perSecond }),
      ...(queue !== undefined && { queue }),
      callback(error, message) {
        if (error !== null) return
        count += 1
        const left = SECOND_MS - (performance.now() - since)
        if (count === perSecond) {
          // It is closed now.
          if (left > 0) exceeded?.()
          timer = setTimeout(open, Math.max(0, left))
        } else if (own === subscription && count >= perSecond / 2 && left <= 0) {
          // Before it is used up, so that no message is lost between the two.
          open()
          own.drain().catch(() => {}) // Fails only if the connection broke.
        }
        take(message)
      },
    })
    subscription = own
  }

  open()
  return {
    close() {
      isClosed = true
      clearTimeout(timer)
      if (!subscription.isClosed()) subscription.unsubscribe()
    },
    async drain() {
      isClosed = true
      clearTimeout(timer)
      if (!subscription.isClosed()) await subscription.drain()
    },
  }
}
