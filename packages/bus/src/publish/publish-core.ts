import { ClosedConnectionError, type PublishOptions } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'

/**
 * Publishes without acknowledgement: for what is made good if it is lost (heartbeats, signs of work,
 * settlements, live texts). On a connection that is ending it does nothing, because the timers that send
 * such things may be a moment late.
 */
export function publishCore(bus: Bus, subject: string, payload: string, options: PublishOptions = {}): void {
  try {
    bus.outbox.publish(subject, payload, options)
  } catch (error) {
    if (!(error instanceof ClosedConnectionError)) throw error
  }
}
