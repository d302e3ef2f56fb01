import { ClosedConnectionError, type PublishOptions } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'

/**
 * Publishes without an acknowledgement. For messages whose loss is repaired: heartbeats, signs of work, settlements,
 * live texts. Does nothing on a closed connection, because the timers that send such messages may fire a moment late.
 */
export function publishCore(
  bus: Bus,
  subject: string,
  payload: string | Uint8Array,
  options: PublishOptions = {},
): void {
  try {
    bus.outbox.publish(subject, payload, options)
  } catch (error) {
    if (!(error instanceof ClosedConnectionError)) throw error
  }
}
