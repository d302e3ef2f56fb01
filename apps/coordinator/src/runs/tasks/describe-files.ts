import { type Bus, parseKey, readArtifact } from '@bailiwick/bus'
import type { ArtifactRef } from '@bailiwick/contract'
import { describeStored } from '@bailiwick/core/inputs'

/** Files of earlier tasks that a prompt describes. It names the others. */
const MAX_FILES = 10
/** How long a task may wait for descriptions, ms. Its agent can look at the files itself. */
const MAX_WAIT_MS = 5_000

/**
 * Describes files that tasks of a run have written, by their keys. Describes none that does not belong to the run, because
 * a host could claim any.
 *
 * @returns without those that cannot be read now
 */
export async function describeFiles(
  bus: Bus,
  run: string,
  files: readonly ArtifactRef[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const own = files.filter(({ key }) => parseKey(key)?.scope === run).slice(0, MAX_FILES)
  // Most tasks have none, and need no timer.
  if (own.length === 0) return {}
  const either = AbortSignal.any([signal, AbortSignal.timeout(MAX_WAIT_MS)])
  const described = await Promise.all(
    own.map(async (file) => {
      try {
        const open = (from: number) => readArtifact(bus, file, { from, signal: either })
        return [[file.key, await describeStored(file, open)] as const]
      } catch {
        signal.throwIfAborted()
        // Its agent reads the file later, and gets the error if it still cannot be read.
        return []
      }
    }),
  )
  return Object.fromEntries(described.flat())
}
