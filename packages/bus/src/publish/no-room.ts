import { JetStreamApiError } from '@nats-io/jetstream'
import { RequestError } from '@nats-io/transport-node'

/** A stream has reached its limit of bytes. The caller wants to wait until there is room again. */
export class StreamFull extends Error {}

/** The server's codes for reached limits of the server's or the account's storage. */
const LIMITS = new Set([
  10002, // resource limits exceeded for account
  10023, // insufficient resources
  10028, // insufficient memory resources available
  10047, // insufficient storage resources available
])

/** What the server says when its file system refuses a write, under several codes. */
const DISK_FULL = /no space left on device|disk quota exceeded|not enough space on the disk/i

/** The server's codes for a stream or a consumer whose files it cannot create. It does not say why. */
const NO_FILES = new Set([10012, 10049])
const NO_FILES_TEXT = /error creating store/i

/**
 * Why the server has no room to store anything; undefined for any other error. Once there is room again, a retry helps.
 *
 * If the disk is full, the server does not acknowledge messages at all, so this recognizes only requests to its API, and
 * limits.
 */
export function noRoomReason(error: unknown): string | undefined {
  if (error instanceof StreamFull) return error.message
  if (error instanceof RequestError) return noRoomReason(error.cause)
  if (!(error instanceof JetStreamApiError)) return undefined
  const { code, message } = error
  // The server names the file, which differs between messages.
  const reason = DISK_FULL.exec(message)?.[0]
  if (reason !== undefined) return reason
  return LIMITS.has(code) || (NO_FILES.has(code) && NO_FILES_TEXT.test(message)) ? message : undefined
}
