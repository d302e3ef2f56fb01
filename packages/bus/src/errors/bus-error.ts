import { BailiwickError } from '@bailiwick/contract'

/** Why the bus could not do it. */
export type BusErrorCode =
  /** No server answers at that address, or the connection was closed. */
  | 'bus-unreachable'
  /** The server refuses these credentials. */
  | 'bus-auth'
  /** The server refuses this subject to these credentials. */
  | 'bus-forbidden'
  /** Nobody listens on the subject. */
  | 'no-responder'
  /** Somebody listened, and then fell silent. */
  | 'no-reply'
  /** An answer came that is not in the protocol. */
  | 'bad-reply'
  /** Streams or buckets are missing: the coordinator has not prepared them. */
  | 'bus-unprepared'
  /** Larger than the server takes. */
  | 'too-large'
  /** An artifact is missing, or its bytes are not what the reference says. */
  | 'bad-artifact'

/** The bus could not do what was asked of it. */
export class BusError extends BailiwickError {
  declare readonly code: BusErrorCode

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
