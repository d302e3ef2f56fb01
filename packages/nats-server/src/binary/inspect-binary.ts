import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { NatsServerError } from '../nats-server-error.ts'

const run = promisify(execFile)

/** A nats-server executable that was found and runs. */
export interface NatsServerBinary {
  readonly path: string
  /** As it says itself, such as `2.15.1`. */
  readonly version: string
  /** Where it was found: `NATS_SERVER_BIN`, the user's cache, `PATH`, or a usual place outside it. */
  readonly source: 'env' | 'cache' | 'path' | 'usual'
  /** Set where it runs but an upgrade is due; one line for a person. */
  readonly warning?: string
}

/** Below this, JetStream lacks what clients of today rely on. */
export const OLDEST_USABLE = '2.9.0'
/** Below this, releases get no security fixes and ignore per-key TTLs silently. */
export const OLDEST_RECOMMENDED = '2.11.0'

/**
 * Asks an executable for its version, and refuses one that is too old.
 *
 * @throws NatsServerError `binary-unusable` where it does not run or is no nats-server, `binary-too-old` below 2.9
 */
export async function inspectBinary(
  path: string,
  source: NatsServerBinary['source'],
  signal?: AbortSignal,
): Promise<NatsServerBinary> {
  const version = await readVersion(path, signal)
  if (compareVersions(version, OLDEST_USABLE) < 0) {
    throw new NatsServerError(
      'binary-too-old',
      `${path} is nats-server ${version}; 2.9 or newer is needed, 2.11 or newer recommended.`,
    )
  }
  const old = compareVersions(version, OLDEST_RECOMMENDED) < 0
  return {
    path,
    version,
    source,
    ...(old && { warning: `${path} is nats-server ${version}: upgrade to 2.11 or newer (security fixes).` }),
  }
}

/** Compares versions by their three numbers; a suffix such as `-RC.1` does not count. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(/[.-]/)
  const right = b.split(/[.-]/)
  for (let part = 0; part < 3; part++) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

async function readVersion(path: string, signal: AbortSignal | undefined): Promise<string> {
  let output: string
  try {
    output = (
      await run(path, ['--version'], { timeout: 10_000, windowsHide: true, ...(signal && { signal }) })
    ).stdout
  } catch (cause) {
    signal?.throwIfAborted()
    throw new NatsServerError(
      'binary-unusable',
      `${path} cannot be run: ${(cause as Error).message.trim()}`,
      {
        cause,
      },
    )
  }
  const version = /^nats-server: v(\d+\.\d+\.\d+\S*)/.exec(output)?.[1]
  if (version !== undefined) return version
  throw new NatsServerError(
    'binary-unusable',
    `${path} is no nats-server: asked for its version it said "${output.slice(0, 80).trim()}".`,
  )
}
