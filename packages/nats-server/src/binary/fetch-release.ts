import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, formatBytes } from '@bailiwick/contract/world'
import { NatsServerError } from '../nats-server-error.ts'
import { EXECUTABLE } from './cache-dir.ts'
import { extractFile } from './extract-file.ts'

/** The release that is fetched. */
export const RELEASE = '2.15.1'

/** Where the NATS project publishes releases, as `v<version>/SHA256SUMS` and archives. */
const RELEASES_URL = 'https://github.com/nats-io/nats-server/releases/download'

/** Far above the size of any release: a larger file means a wrong address or an attack. */
const MAX_BYTES = 100e6
const TIMEOUT_MS = 120_000

export interface ReleaseOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: `NATS_SERVER_RELEASES`, or GitHub. */
  readonly releasesUrl?: string
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Downloads the platform's release archive, checks it against the release's SHA-256 list and extracts the
 * executable.
 *
 * @param scratch an empty folder
 * @returns the path of the executable in it
 * @throws NatsServerError `checksum-mismatch`, or `fetch-failed` if there is no such release or no network
 */
export async function fetchRelease(scratch: string, options: ReleaseOptions = {}): Promise<string> {
  const { env = process.env, onProgress, signal } = options
  const base = (options.releasesUrl ?? env.NATS_SERVER_RELEASES) || RELEASES_URL
  const folder = `${base.replace(/\/+$/, '')}/v${RELEASE}`
  const sums = parseSums((await download(`${folder}/SHA256SUMS`, signal)).toString('utf8'))
  const name = archiveNames().find((candidate) => sums.has(candidate))
  if (name === undefined) {
    throw new NatsServerError(
      'fetch-failed',
      `Release ${RELEASE} has no archive for ${process.platform} on ${process.arch}.`,
    )
  }
  onProgress?.(`fetching nats-server ${RELEASE} (${name}) …`)
  const archive = await download(`${folder}/${name}`, signal)
  const sum = createHash('sha256').update(archive).digest('hex')
  if (sum !== sums.get(name)) {
    throw new NatsServerError(
      'checksum-mismatch',
      `Expected SHA-256 ${sums.get(name)} for ${name}, found ${sum}; the file was not used. ` +
        `Check what changes or cuts downloads between here and ${base}.`,
    )
  }
  const path = join(scratch, EXECUTABLE)
  await writeFile(path, await extractFile(archive, name, EXECUTABLE), { mode: 0o755 })
  return path
}

/** Parses lines of `<sha256>  <file>`, as sha256sum writes them. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, sum, name] = /^([0-9a-fA-F]{64})\s+\*?(\S+)\s*$/.exec(line) ?? []
    if (sum && name) sums.set(name, sum.toLowerCase())
  }
  return sums
}

function archiveNames(): string[] {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const processor = { x64: 'amd64', arm: 'arm7', ia32: '386' }[process.arch as string] ?? process.arch
  const stem = `nats-server-v${RELEASE}-${system}-${processor}`
  return [`${stem}.tar.gz`, `${stem}.zip`]
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > MAX_BYTES) throw new Error(`expected at most ${formatBytes(MAX_BYTES)}, found more`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    signal?.throwIfAborted()
    // fetch hides the reason, such as a refused connection, in the cause.
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''
    throw new NatsServerError('fetch-failed', `Cannot fetch ${url}: ${errorText(error)}${cause}`, {
      cause: error,
    })
  }
}
