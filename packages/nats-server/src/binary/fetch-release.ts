import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, formatBytes } from '@bailiwick/contract/world'
import { NatsServerError } from '../nats-server-error.ts'
import { EXECUTABLE } from './cache-dir.ts'
import { extractFile } from './extract-file.ts'
import { PINNED_RELEASE, type PinnedRelease } from './pinned-release.ts'

/** Where the NATS project publishes releases, as `v<version>/<archive>`. */
const RELEASES_URL = 'https://github.com/nats-io/nats-server/releases/download'

/** Far above the size of any release: a larger file means a wrong address or an attack. */
const MAX_BYTES = 100e6
const TIMEOUT_MS = 120_000

export interface ReleaseOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: `NATS_SERVER_RELEASES`, or GitHub. */
  readonly releasesUrl?: string
  /** The release to fetch, with the digests of its archives. Default: {@link PINNED_RELEASE}. */
  readonly release?: PinnedRelease
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Downloads the platform's release archive, checks it against the digest that is pinned in the source, and extracts the
 * executable. A mirror must serve the same archives.
 *
 * @param scratch an empty folder
 * @returns the path of the executable in it
 * @throws NatsServerError `checksum-mismatch`, or `fetch-failed` if no archive is pinned for this platform or there is no
 * network
 */
export async function fetchRelease(scratch: string, options: ReleaseOptions = {}): Promise<string> {
  const { env = process.env, release = PINNED_RELEASE, onProgress, signal } = options
  const { version, sha256 } = release
  const base = (options.releasesUrl ?? env.NATS_SERVER_RELEASES) || RELEASES_URL
  const platform = releasePlatform()
  const found = ['tar.gz', 'zip']
    .map((kind) => `${platform}.${kind}`)
    .find((kind) => Object.hasOwn(sha256, kind))
  if (found === undefined) {
    const known = Object.keys(sha256).map((kind) => kind.replace(/\.(tar\.gz|zip)$/, ''))
    throw new NatsServerError(
      'fetch-failed',
      `Expected a platform whose digest of nats-server ${version} is known (${known.join(', ')}), found ${platform}. ` +
        'Nothing was downloaded. Install nats-server yourself, or set NATS_SERVER_BIN to an executable.',
    )
  }
  const name = `nats-server-v${version}-${found}`
  onProgress?.(`fetching nats-server ${version} (${name}) …`)
  const archive = await download(`${base.replace(/\/+$/, '')}/v${version}/${name}`, signal)
  const sum = createHash('sha256').update(archive).digest('hex')
  if (sum !== sha256[found]) {
    throw new NatsServerError(
      'checksum-mismatch',
      `Expected SHA-256 ${sha256[found]} for ${name}, which is pinned in the source, found ${sum}; the file was not used. ` +
        `Check what changes or cuts downloads between here and ${base}, or install nats-server yourself and set NATS_SERVER_BIN.`,
    )
  }
  const path = join(scratch, EXECUTABLE)
  await writeFile(path, await extractFile(archive, name, EXECUTABLE), { mode: 0o755 })
  return path
}

/** This platform in the names of archives: `linux-amd64`. */
export function releasePlatform(system: string = process.platform, processor: string = process.arch): string {
  return `${SYSTEMS[system] ?? system}-${PROCESSORS[processor] ?? processor}`
}

const SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows' }
const PROCESSORS: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm: 'arm7',
  ia32: '386',
  ppc64: 'ppc64le',
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
