import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { readStored } from '../streams/read-stored.ts'

/** Events of one message that are kept as numbers; the rest are kept as texts. */
const MAX_INDEX = 4_096

/** The ids of events that are in the stream EVENT already. Takes eight bytes for each. */
export class PublishedIds {
  /** Sorted: `sequence * MAX_INDEX + index`. */
  readonly #numbers: Float64Array
  readonly #others: ReadonlySet<string>
  /** The first and the last message of JOURNAL that has one of these events; 0 if there is none. */
  readonly first: number
  readonly last: number

  private constructor(numbers: Float64Array, others: ReadonlySet<string>, first: number, last: number) {
    this.#numbers = numbers
    this.#others = others
    this.first = first
    this.last = last
  }

  /**
   * Reads the ids of all events from a sequence of EVENT on.
   *
   * @param counts whether an event with this sequence and epoch in its id is about a message that JOURNAL has
   */
  static async read(
    bus: Bus,
    fromSequence: number,
    counts: (sequence: number, epoch: number) => boolean,
    signal: AbortSignal,
  ): Promise<PublishedIds> {
    let numbers = new Float64Array(1_024)
    let length = 0
    const others = new Set<string>()
    let [first, last] = [0, 0]
    const subject = SUBJECTS.event('*', '*', '*', '*')
    const where = { stream: STREAMS.event, subject, fromSequence, headersOnly: true }
    for await (const message of readStored(bus, where, signal)) {
      const id = parseEventId(message.headers?.get('Nats-Msg-Id') ?? '')
      if (id === undefined || !counts(id.sequence, id.epoch)) continue
      if (first === 0 || id.sequence < first) first = id.sequence
      if (id.sequence > last) last = id.sequence
      if (id.index >= MAX_INDEX) {
        others.add(`${id.sequence}.${id.index}`)
        continue
      }
      if (length === numbers.length) {
        const larger = new Float64Array(2 * length)
        larger.set(numbers)
        numbers = larger
      }
      numbers[length] = id.sequence * MAX_INDEX + id.index
      length += 1
    }
    return new PublishedIds(numbers.slice(0, length).sort(), others, first, last)
  }

  has(sequence: number, index: number): boolean {
    if (sequence > this.last) return false
    if (index >= MAX_INDEX) return this.#others.has(`${sequence}.${index}`)
    const wanted = sequence * MAX_INDEX + index
    let [low, high] = [0, this.#numbers.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#numbers[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return this.#numbers[low] === wanted
  }
}

/** The parts of an event's id; undefined if it is none. */
export function parseEventId(id: string): { sequence: number; index: number; epoch: number } | undefined {
  const [, sequence, index, epoch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(id) ?? []
  if (sequence === undefined || index === undefined) return undefined
  return { sequence: Number(sequence), index: Number(index), epoch: Number(epoch) }
}
