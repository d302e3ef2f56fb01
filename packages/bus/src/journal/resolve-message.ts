import { JournalError, type JournalRecord } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { parseJournalMessage, parseRecords, type SetAside } from '../protocol/journal-message.ts'
import { readSpilled } from './spill.ts'

/** The contents of one stored message, fetched from the object store if it is large. `foreign`: no journal wrote it. */
export interface ResolvedMessage {
  records: JournalRecord[]
  setAside: SetAside[]
  foreign: boolean
}

/** Reads the text of a stored message. Sets aside what it cannot read. */
export async function resolveMessage(bus: Bus, writer: string, text: string): Promise<ResolvedMessage> {
  const message = parseJournalMessage(text)
  switch (message.kind) {
    case 'records':
      return { records: message.records, setAside: message.setAside, foreign: false }
    case 'foreign':
      return { records: [], setAside: [message.setAside], foreign: true }
    case 'newer':
      return { records: [], setAside: [message.setAside], foreign: false }
    case 'spilled':
      return { ...(await resolveSpilled(bus, writer, message.spilled)), foreign: false }
  }
}

async function resolveSpilled(
  bus: Bus,
  writer: string,
  spilled: Parameters<typeof readSpilled>[2],
): Promise<{ records: JournalRecord[]; setAside: SetAside[] }> {
  try {
    const values: unknown = JSON.parse(await readSpilled(bus, writer, spilled))
    return parseRecords(Array.isArray(values) ? values : [values])
  } catch (error) {
    if (!(error instanceof JournalError) && !(error instanceof SyntaxError)) throw error
    return { records: [], setAside: [{ reason: error.message, text: JSON.stringify(spilled) }] }
  }
}
