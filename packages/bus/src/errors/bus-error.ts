import { BailiwickError } from '@bailiwick/contract'

/** Codes of {@link BusError}. */
export type BusErrorCode =
  /** No server replies at the URL, or the connection is closed. */
  | 'bus-unreachable'
  /** The server refuses these credentials. */
  | 'bus-auth'
  /** The server forbids the subject for these credentials. */
  | 'bus-forbidden'
  /** No process serves the subject. */
  | 'no-responder'
  /** A process got the request and did not reply in time. */
  | 'no-reply'
  /** A reply does not follow the protocol. */
  | 'bad-reply'
  /** Streams or buckets are missing, because the coordinator has not created them. */
  | 'bus-unprepared'
  /** A message exceeds the server's limit. */
  | 'too-large'
  /** The toolbox, which stores files, does not run or does not reply. */
  | 'no-toolbox'
  /** The toolbox has too many open requests of this caller. Wait, then repeat it. */
  | 'busy'
  /** The server has no room for a new run. */
  | 'disk-full'
  /** The store of files has reached its limit. */
  | 'store-full'
  /** A file is missing, or differs from its reference. */
  | 'bad-artifact'
  /** A stream cannot be backed up or restored. */
  | 'snapshot'

/** An operation on the bus failed. */
export class BusError extends BailiwickError {
  declare readonly code: BusErrorCode

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
