import { mkdir } from 'node:fs/promises'
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

/** Makes the directory (0700) where it is missing, and names what is inside. */
export async function openDataDir(dataDir: string): Promise<DataLayout> {
  const dir = resolve(dataDir)
  const layout: DataLayout = {
    dir,
    lock: join(dir, 'lock'),
    keys: join(dir, 'keys.json'),
    config: join(dir, 'nats.conf'),
    record: join(dir, 'server.json'),
    ports: join(dir, 'ports'),
    store: join(dir, 'store'),
    log: join(dir, 'nats.log'),
  }
  for (const folder of [layout.dir, layout.ports, layout.store]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
  return layout
}
