import { STREAMS } from '../protocol/places.ts'

/** What the subject says on which a delivery is settled. */
export interface SettleSubject {
  agent: string
  /** How often the message has been delivered, that time included. */
  deliveries: number
  /** The message's sequence in the stream of tasks. */
  sequence: number
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.…`, or the same with domain and account
 * before the stream. Undefined for a subject that settles nothing of the queue.
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
