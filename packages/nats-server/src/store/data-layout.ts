import { access, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** The files of a data directory. */
export interface DataLayout {
  readonly dir: string
  readonly lock: string
  readonly keys: string
  readonly config: string
  readonly record: string
  readonly ports: string
  readonly store: string
  readonly log: string
}

/** The paths in a data directory, whether or not they exist. */
export function dataLayout(dataDir: string): DataLayout {
  const dir = resolve(dataDir)
  return {
    dir,
    lock: join(dir, 'lock'),
    keys: join(dir, 'keys.json'),
    config: join(dir, 'nats.conf'),
    record: join(dir, 'server.json'),
    ports: join(dir, 'ports'),
    store: join(dir, 'store'),
    log: join(dir, 'nats.log'),
  }
}

/** Creates the directory and its folders (0700) if they are missing. */
export async function openDataDir(dataDir: string): Promise<DataLayout> {
  const layout = dataLayout(dataDir)
  for (const folder of [layout.dir, layout.ports, layout.store]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
  return layout
}

/** Whether a server was ever started there: the directory has keys and a folder for ports. */
export async function isDataDir({ keys, ports }: DataLayout): Promise<boolean> {
  try {
    await Promise.all([access(keys), access(ports)])
    return true
  } catch {
    return false
  }
}
