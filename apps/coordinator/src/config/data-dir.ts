import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from './make-folder.ts'

/** Where things are in a data directory. */
export const dataPaths = {
  /** Address of the daemon that runs on this directory. */
  address: (dataDir: string) => join(dataDir, 'daemon.json'),
  credentials: (dataDir: string, name: string) => join(dataDir, 'credentials', `${name}.creds`),
  process: (dataDir: string, name: string) => join(dataDir, 'processes', `${name}.json`),
  processes: (dataDir: string) => join(dataDir, 'processes'),
  /** What the daemon's children print. */
  log: (dataDir: string, name: string) => join(dataDir, 'logs', `${name}.log`),
  /** Through which hosts share the calls that a model takes at once. */
  slots: (dataDir: string) => join(dataDir, 'slots'),
  nats: (dataDir: string) => join(dataDir, 'nats'),
} as const

/**
 * Makes the data directory, readable by its owner alone and out of version control.
 *
 * @throws InputError where nothing can be written there
 */
export function makeDataDir(dataDir: string): void {
  for (const folder of ['', 'credentials', 'processes', 'logs', 'nats']) {
    makeFolder(join(dataDir, folder), 'dataDir', 0o700)
  }
  writeFileSync(join(dataDir, '.gitignore'), '*\n')
}

/** Writes a file that only its owner can read, whole or not at all. */
export function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, file)
}
