import { type Bus, restoreStream } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import { type BackupContents, checkBackup, readBackup } from './backup-file.ts'

/**
 * Restores a backup into a server that has no store of Bailiwick. If it fails, it removes what it has restored, so that
 * it can be tried again.
 *
 * @param options.replicas copies of each stream: 1, or 3 or 5 in a cluster
 * @param options.progress is called with the number of bytes restored so far
 * @throws InputError if the backup is damaged or newer than this version, or the server has a store
 */
export async function restoreStore(
  bus: Bus,
  file: string,
  options: { replicas: number; progress(bytes: number): void },
): Promise<BackupContents> {
  const contents = await checkBackup(file)
  const existing = await findExisting(bus, contents)
  if (existing !== undefined) {
    throw new InputError(
      `Expected a server without a store, found stream ${existing}. Restore to another data directory.`,
    )
  }
  const restored: string[] = []
  let bytes = 0
  try {
    for await (const { config, state, parts } of readBackup(file)) {
      restored.push(config.name)
      async function* counted() {
        for await (const part of parts) {
          yield part
          bytes += part.length
          options.progress(bytes)
        }
      }
      await restoreStream(bus, {
        config: { ...config, num_replicas: options.replicas },
        state,
        parts: counted(),
      })
    }
  } catch (error) {
    await Promise.allSettled(restored.map((name) => bus.jsm.streams.delete(name)))
    throw error
  }
  return contents
}

async function findExisting(bus: Bus, { streams }: BackupContents): Promise<string | undefined> {
  const names = new Set(streams.map(({ name }) => name))
  for await (const { config } of bus.jsm.streams.list()) if (names.has(config.name)) return config.name
  return undefined
}
