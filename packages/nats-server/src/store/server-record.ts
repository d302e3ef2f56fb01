import { readFile } from 'node:fs/promises'
import type { ProcessIdentity } from '../process-identity.ts'
import { writePrivateFile } from './private-file.ts'

/** What a data directory remembers of its server: for adoption, and for the port of the next start. */
export interface ServerRecord {
  readonly v: 1
  /** Missing until the server told which one it has got. */
  readonly port?: number
  readonly version: string
  /** Of the server process, which may have ended since. */
  readonly process?: ProcessIdentity
}

/** The record; undefined where there is none, or none that can be read: it only speeds up what can be found out. */
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
