import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from './make-folder.ts'

/** Paths inside a data directory. */
export const dataPaths = {
  /** Address of the daemon that runs on this directory. */
  address: (dataDir: string) => join(dataDir, 'daemon.json'),
  /** The coordinator's id, which outlives the daemon. */
  coordinatorId: (dataDir: string) => join(dataDir, 'coordinator-id'),
  credentials: (dataDir: string, name: string) => join(dataDir, 'credentials', `${name}.creds`),
  process: (dataDir: string, name: string) => join(dataDir, 'processes', `${name}.json`),
  processes: (dataDir: string) => join(dataDir, 'processes'),
  /** Output of one of the daemon's children. */
  log: (dataDir: string, name: string) => join(dataDir, 'logs', `${name}.log`),
  /** Slots by which all hosts together keep to a model's limit of concurrent calls. */
  slots: (dataDir: string) => join(dataDir, 'slots'),
  nats: (dataDir: string) => join(dataDir, 'nats'),
} as const

/**
 * Makes the data directory, which only its owner can read and version control ignores.
 *
 * @throws InputError if it cannot be written
 */
export function makeDataDir(dataDir: string): void {
  for (const folder of ['', 'credentials', 'processes', 'logs', 'nats']) {
    makeFolder(join(dataDir, folder), 'dataDir', 0o700)
  }
  const ignore = join(dataDir, '.gitignore')
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n')
}

/** Writes a file that only its owner can read. Replaces it atomically. */
export function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.new`
  // A draft that a killed process left could be a link by now, which must not be followed.
  rmSync(draft, { force: true })
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
