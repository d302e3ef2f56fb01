import { JetStreamApiError } from '@nats-io/jetstream'
import { JetStreamStatusError } from '@nats-io/jetstream/internal'
import { errors, NoRespondersError, RequestError, TimeoutError } from '@nats-io/transport-node'

/** The server's code for every limit of a stream that discards new messages. */
export const LIMIT_REACHED = 10077

/** The server's code where a stream has as many consumers as it takes: others end by themselves, or are ended. */
const NO_CONSUMER_LEFT = 10026

/** The server's codes for a stream or a consumer whose only holder in a cluster is away: another is made, or it comes back. */
const OFFLINE = new Set([10118, 10119])

/** Broken before it was answered: whether it happened is not known. */
export class LostReply extends Error {}

/** True for what a server that is away, starting or electing a leader causes: trying again helps. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LostReply || error instanceof TimeoutError) return true
  if (error instanceof NoRespondersError || error instanceof errors.ConnectionError) return true
  // What ends a pull: the server shuts down, another leads, the consumer is gone.
  if (error instanceof JetStreamStatusError) return true
  // A limit that is reached bears the status of a server that is away, and does not pass by itself.
  if (error instanceof JetStreamApiError) {
    if (error.code === NO_CONSUMER_LEFT || OFFLINE.has(error.code)) return true
    return error.status === 503 && error.code !== LIMIT_REACHED
  }
  if (error instanceof RequestError) return isTransient(error.cause)
  return false
}
