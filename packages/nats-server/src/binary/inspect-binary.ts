import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { errorText } from '@bailiwick/contract/world'
import { NatsServerError } from '../nats-server-error.ts'

const run = promisify(execFile)

/** A nats-server executable that runs. */
export interface NatsServerBinary {
  readonly path: string
  /** As the executable reports it, such as `2.15.1`. */
  readonly version: string
  /** Where it was found: `NATS_SERVER_BIN`, the user's cache, `PATH`, or a usual folder outside `PATH`. */
  readonly source: 'env' | 'cache' | 'path' | 'usual'
  /** Set if the version works but an upgrade is due; one line for people. */
  readonly warning?: string
}

/** Older JetStream versions lack features that current clients rely on. */
const OLDEST_USABLE = '2.9.0'
/** Older releases get no security fixes, and ignore per-key TTLs without an error. */
const OLDEST_RECOMMENDED = '2.11.0'
const TIMEOUT_MS = 10_000

/**
 * Asks an executable for its version.
 *
 * @throws NatsServerError `binary-unusable` if it does not run or is not nats-server, `binary-too-old` below 2.9
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
      `Expected nats-server 2.9 or newer, found ${version} at ${path}. Install 2.11 or newer.`,
    )
  }
  const old = compareVersions(version, OLDEST_RECOMMENDED) < 0
  return {
    path,
    version,
    source,
    ...(old && {
      warning: `${path} is nats-server ${version}, which gets no security fixes: upgrade to 2.11 or newer.`,
    }),
  }
}

/** Compares versions by their three numbers, and ignores a suffix such as `-RC.1`. */
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
    const options = { timeout: TIMEOUT_MS, windowsHide: true, ...(signal && { signal }) }
    output = (await run(path, ['--version'], options)).stdout
  } catch (cause) {
    signal?.throwIfAborted()
    throw new NatsServerError('binary-unusable', `Cannot run ${path}: ${errorText(cause).trim()}`, { cause })
  }
  const version = /^nats-server: v(\d+\.\d+\.\d+\S*)/.exec(output)?.[1]
  if (version !== undefined) return version
  throw new NatsServerError(
    'binary-unusable',
    `Expected ${path} to be nats-server, but its --version printed "${output.slice(0, 80).trim()}".`,
  )
}
