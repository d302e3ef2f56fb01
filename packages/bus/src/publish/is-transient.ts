import { JetStreamApiError } from '@nats-io/jetstream'
import { JetStreamStatusError } from '@nats-io/jetstream/internal'
import { errors, NoRespondersError, RequestError, TimeoutError } from '@nats-io/transport-node'
import { noRoomReason } from './no-room.ts'

/** The server's code for every reached limit of a stream that discards new messages. */
export const LIMIT_REACHED = 10077

/** The server's code for a stream that has its maximum of consumers. Others end, or the coordinator deletes them. */
const TOO_MANY_CONSUMERS = 10026

/**
 * The server's codes for a message that a cluster cannot compare yet: another one with its id, or on its subject, is not
 * stored by enough servers. A retry gets the final reply.
 */
const IN_PROCESS = new Set([10158, 10164])

/** The server's codes for a stream or consumer whose only server in a cluster is offline. */
const OFFLINE = new Set([10118, 10119])

/** The connection broke before the reply came, so it is unknown whether the request was carried out. */
export class LostReply extends Error {}

/** Whether a retry may help: the server is away, starting, electing a leader, or out of space. */
export function isTransient(error: unknown): boolean {
  if (noRoomReason(error) !== undefined) return true
  if (error instanceof LostReply || error instanceof TimeoutError) return true
  if (error instanceof NoRespondersError || error instanceof errors.ConnectionError) return true
  // Ends a pull: the server shuts down, another server leads, or the consumer is gone.
  if (error instanceof JetStreamStatusError) return true
  if (error instanceof JetStreamApiError) {
    if (error.code === TOO_MANY_CONSUMERS || OFFLINE.has(error.code) || IN_PROCESS.has(error.code))
      return true
    // A reached limit has the status of a server that is away, but does not pass.
    return error.status === 503 && error.code !== LIMIT_REACHED
  }
  if (error instanceof RequestError) return isTransient(error.cause)
  return false
}
