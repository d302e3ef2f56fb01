import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { InputError } from '@bailiwick/contract'
import { dataPaths, writePrivate } from './data-dir.ts'

const ID = /^c-[0-9a-f]{8}$/

/**
 * The id of the coordinator of a data directory, which every daemon on it has. The first call makes it.
 *
 * @throws InputError if the file holds something else
 */
export function coordinatorId(dataDir: string): string {
  const file = dataPaths.coordinatorId(dataDir)
  if (!existsSync(file)) writePrivate(file, `c-${randomBytes(4).toString('hex')}\n`)
  const id = readFileSync(file, 'utf8').trim()
  if (ID.test(id)) return id
  throw new InputError(
    `Expected "c-" and 8 hexadecimal digits in ${file}, found "${id.slice(0, 40)}". Delete the file: the daemon makes another id, and takes its old runs over.`,
  )
}
