import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import {
  ClosedConnectionError,
  DrainingConnectionError,
  PermissionViolationError,
  RequestError,
} from '@nats-io/transport-node'
import { BusError } from '../errors/bus-error.ts'

/** The error to throw for one that trying again would not help. */
export function explain(error: unknown, doing: string): unknown {
  const cause = error instanceof RequestError ? error.cause : error
  if (cause instanceof PermissionViolationError) {
    return new BusError('bus-forbidden', `the server does not allow ${doing}: ${cause.message}`, {
      cause: error,
    })
  }
  if (cause instanceof ClosedConnectionError || cause instanceof DrainingConnectionError) {
    return new BusError('bus-unreachable', `${doing} failed: the connection to NATS is closed`, {
      cause: error,
    })
  }
  if (error instanceof JetStreamApiError && (error.code === 10059 || error.code === 10014)) {
    return new BusError(
      'bus-unprepared',
      `${doing} failed: ${error.message}; the coordinator makes it when it starts (\`bailiwick up\`)`,
      { cause: error },
    )
  }
  if (error instanceof JetStreamError && error.message.includes('jetstream is not enabled')) {
    return new BusError('bus-unprepared', `${doing} failed: this NATS server runs without JetStream`, {
      cause: error,
    })
  }
  return error
}
