import { FencedError, hasCode, JournalError } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import type { FileCaller } from '../file/file-access.ts'
import { getArtifact } from '../file/get-artifact.ts'
import { putFile } from '../file/put-artifact.ts'
import type { FileKey } from '../protocol/files.ts'
import type { Spilled } from '../protocol/journal-message.ts'

/** Stores the text of a large append to a journal. @throws FencedError if the task is no longer open */
export async function spillRecords(
  bus: Bus,
  journal: { writer: string; run: string; task: string },
  records: string,
): Promise<Spilled> {
  const { writer, run, task } = journal
  try {
    return await spill(bus, { kind: 'record', scope: run, owner: writer }, records, { agent: writer, task })
  } catch (error) {
    if (!hasCode(error, 'refused')) throw error
    throw new FencedError(`Task ${task} is no longer open, so this host must stop: ${error.message}`, {
      cause: error,
    })
  }
}

/** Stores a text that is too large for a message. Processes other than the toolbox and the coordinator need `as`. */
export async function spill(
  bus: Bus,
  place: Omit<FileKey, 'id'>,
  text: string,
  as?: FileCaller,
): Promise<Spilled> {
  const file = { name: 'large.json', mediaType: 'application/json', bytes: Buffer.from(text) }
  // The coordinator stores records of tasks that it creates, and needs nobody's permission.
  const { key, size, sha256 } = await putFile(
    bus,
    place,
    file,
    bus.storesFiles || as === undefined ? {} : { as },
  )
  return { key, size, sha256 }
}

/**
 * Reads a text that was spilled.
 *
 * @param as default: the user of the connection
 * @throws JournalError if it is gone or differs
 */
export async function readSpilled(bus: Bus, spilled: Spilled, as?: FileCaller): Promise<string> {
  const { key, size, sha256 } = spilled
  const ref = { writer: 'coordinator', key, name: 'large.json', mediaType: 'application/json', size, sha256 }
  try {
    const bytes = await getArtifact(bus, ref, bus.storesFiles || as === undefined ? {} : { as })
    return Buffer.from(bytes).toString('utf8')
  } catch (error) {
    if (!BusError.isInstance(error) || error.code !== 'bad-artifact') throw error
    throw new JournalError(`Part of the journal (${key}, ${size} bytes) cannot be read: ${error.message}`, {
      cause: error,
    })
  }
}
