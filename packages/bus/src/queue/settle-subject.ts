import { STREAMS } from '../protocol/places.ts'

/** The facts in the subject that a delivery is settled on. */
export interface SettleSubject {
  agent: string
  /** Number of deliveries of the message, this one included. */
  deliveries: number
  /** The message's sequence in the stream of tasks. */
  sequence: number
}

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.…`, also with domain and account before the
 * stream. Undefined for a subject that settles no delivery of the queue.
 */
export function parseSettleSubject(subject: string): SettleSubject | undefined {
  const tokens = subject.split('.')
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined
  const [stream, agent, deliveries, sequence] = tokens.slice(tokens.length > 9 ? 4 : 2)
  if (stream !== STREAMS.task || agent === undefined) return undefined
  const numbers = { deliveries: Number(deliveries), sequence: Number(sequence) }
  return Object.values(numbers).every((number) => Number.isSafeInteger(number) && number > 0)
    ? { agent, ...numbers }
    : undefined
}
