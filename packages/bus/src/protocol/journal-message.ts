import { JOURNAL_VERSION, type JournalRecord, journalRecordSchema, parseJson } from '@bailiwick/contract'
import { z } from 'zod'

/** Where the object store has the records of a message that is too large for the stream. */
export const spilledSchema = z.lazy(() =>
  z.object({
    key: z.string().min(1),
    size: z.number().int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
)
export type Spilled = z.infer<typeof spilledSchema>

/** One append: its records, or where they are stored. */
const envelopeSchema = z.lazy(() =>
  z.object({
    v: z.number().int().positive(),
    records: z.array(z.unknown()).optional(),
    spilled: spilledSchema.optional(),
  }),
)

/** A record or a whole message that this version cannot read. It stays in the journal and is shown. */
export interface SetAside {
  /** Its index in the message; absent if the whole message is unreadable. */
  index?: number
  reason: string
  /** The stored text, at most 4,096 characters. */
  text: string
}

/** The contents of a stored message. */
export type JournalMessage =
  | { kind: 'records'; records: JournalRecord[]; setAside: SetAside[] }
  | { kind: 'spilled'; spilled: Spilled }
  /** An append by a newer version. */
  | { kind: 'newer'; setAside: SetAside }
  /** No append: a user had a reply of the server delivered to the journal's subject. */
  | { kind: 'foreign'; setAside: SetAside }

/** The text of one append. */
export function encodeJournalMessage(records: JournalRecord[]): string {
  return JSON.stringify({ v: JOURNAL_VERSION, records })
}

/** The text of an append whose records are in the object store. */
export function encodeSpilled(spilled: Spilled): string {
  return JSON.stringify({ v: JOURNAL_VERSION, spilled })
}

/**
 * Parses one stored message. Never throws: it sets aside what it cannot read, with the reason.
 *
 * @param wanted the types of the records that the caller needs. Default: all
 */
export function parseJournalMessage(text: string, wanted?: (type: unknown) => boolean): JournalMessage {
  const envelope = envelopeSchema.safeParse(parseJson(text))
  if (!envelope.success) return { kind: 'foreign', setAside: setAside('not a journal message', text) }
  const { v, records, spilled } = envelope.data
  if (v > JOURNAL_VERSION) {
    return {
      kind: 'newer',
      setAside: setAside(
        `Expected version ${JOURNAL_VERSION} or older, found ${v}. Update this process.`,
        text,
      ),
    }
  }
  if (spilled !== undefined) return { kind: 'spilled', spilled }
  if (records === undefined) return { kind: 'foreign', setAside: setAside('not a journal message', text) }
  return { kind: 'records', ...parseRecords(records, wanted) }
}

/** Splits values into records that this version knows and values that it sets aside. */
export function parseRecords(
  values: unknown[],
  wanted?: (type: unknown) => boolean,
): { records: JournalRecord[]; setAside: SetAside[] } {
  const records: JournalRecord[] = []
  const aside: SetAside[] = []
  for (const [index, value] of values.entries()) {
    if (wanted !== undefined && !wanted(typeOf(value))) continue
    const parsed = journalRecordSchema.safeParse(value)
    if (parsed.success) records.push(parsed.data)
    else aside.push({ ...setAside(z.prettifyError(parsed.error), JSON.stringify(value)), index })
  }
  return { records, setAside: aside }
}

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
}

function setAside(reason: string, text: string): SetAside {
  return { reason, text: text.slice(0, 4096) }
}
