import { JetStreamApiError } from '@nats-io/jetstream'
import { JetStreamStatusError } from '@nats-io/jetstream/internal'
import { errors, NoRespondersError, RequestError, TimeoutError } from '@nats-io/transport-node'

/** The server's code for every reached limit of a stream that discards new messages. */
export const LIMIT_REACHED = 10077

/** The server's code for a stream that has its maximum of consumers. Others end, or the coordinator deletes them. */
const TOO_MANY_CONSUMERS = 10026

/** The server's codes for a stream or consumer whose only server in a cluster is offline. */
const OFFLINE = new Set([10118, 10119])

/** The connection broke before the reply came, so it is unknown whether the request was carried out. */
export class LostReply extends Error {}

/** Whether a retry may help: the server is away, starting, or electing a leader. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LostReply || error instanceof TimeoutError) return true
  if (error instanceof NoRespondersError || error instanceof errors.ConnectionError) return true
  // Ends a pull: the server shuts down, another server leads, or the consumer is gone.
  if (error instanceof JetStreamStatusError) return true
  if (error instanceof JetStreamApiError) {
    if (error.code === TOO_MANY_CONSUMERS || OFFLINE.has(error.code)) return true
    // A reached limit has the status of a server that is away, but does not pass.
    return error.status === 503 && error.code !== LIMIT_REACHED
  }
  if (error instanceof RequestError) return isTransient(error.cause)
  return false
}
