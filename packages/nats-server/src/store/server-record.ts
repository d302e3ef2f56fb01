import { readFile } from 'node:fs/promises'
import type { ProcessIdentity } from '../process-identity.ts'
import { writePrivateFile } from './private-file.ts'

/** What a data directory remembers of its server, for adoption and for the port of the next start. */
export interface ServerRecord {
  readonly v: 1
  /** Missing until the server has reported which port it got. */
  readonly port?: number
  readonly version: string
  /** The server process, which may have ended since. */
  readonly process?: ProcessIdentity
}

/** Reads the record. A missing or damaged record is undefined: adoption also works without it. */
export async function readServerRecord(path: string): Promise<ServerRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as ServerRecord
    return record.v === 1 ? record : undefined
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export async function writeServerRecord(path: string, record: ServerRecord): Promise<void> {
  await writePrivateFile(path, JSON.stringify(record))
}
