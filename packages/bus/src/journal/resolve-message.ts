import { JournalError, type JournalRecord } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import {
  parseJournalMessage,
  parseRecords,
  type SetAside,
  type Spilled,
} from '../protocol/journal-message.ts'
import { readSpilled } from './spill.ts'

/** The contents of one stored message, with its large records. `foreign`: no journal wrote it. */
export interface ResolvedMessage {
  records: JournalRecord[]
  setAside: SetAside[]
  foreign: boolean
}

/**
 * Reads the text of a stored message. Sets aside what it cannot read.
 *
 * @param reader the journal, if its own host reads it; absent if another user reads it
 * @param wanted the types of the records that the caller needs. Default: all
 */
export async function resolveMessage(
  bus: Bus,
  reader: { writer: string; task: string } | undefined,
  text: string,
  wanted?: (type: unknown) => boolean,
): Promise<ResolvedMessage> {
  const message = parseJournalMessage(text, wanted)
  switch (message.kind) {
    case 'records':
      return { records: message.records, setAside: message.setAside, foreign: false }
    case 'foreign':
      return { records: [], setAside: [message.setAside], foreign: true }
    case 'newer':
      return { records: [], setAside: [message.setAside], foreign: false }
    case 'spilled':
      return { ...(await resolveSpilled(bus, reader, message.spilled, wanted)), foreign: false }
  }
}

async function resolveSpilled(
  bus: Bus,
  reader: { writer: string; task: string } | undefined,
  spilled: Spilled,
  wanted: ((type: unknown) => boolean) | undefined,
): Promise<{ records: JournalRecord[]; setAside: SetAside[] }> {
  try {
    const as = reader && { agent: reader.writer, task: reader.task }
    const values: unknown = JSON.parse(await readSpilled(bus, spilled, as))
    return parseRecords(Array.isArray(values) ? values : [values], wanted)
  } catch (error) {
    if (!(error instanceof JournalError) && !(error instanceof SyntaxError)) throw error
    return { records: [], setAside: [{ reason: error.message, text: JSON.stringify(spilled) }] }
  }
}
