import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { releasePlatform } from '../binary/fetch-release.ts'
import type { PinnedRelease } from '../binary/pinned-release.ts'

/** Serves one release on loopback, for the tests of this package. */
export interface ReleaseServer extends AsyncDisposable {
  readonly url: string
  /** The release, with the true digest of its archive. */
  readonly release: PinnedRelease
  /** The requested paths, in order. */
  readonly requests: readonly string[]
}

const VERSION = '2.99.0'

/**
 * Publishes a release for this platform whose archive holds the given executable.
 *
 * @param tamper changes the archive after its digest was taken. The published list then has the digest of the changed one
 * @param listed another digest for the published list
 */
export async function serveRelease(
  executable: string,
  tamper: (archive: Buffer) => Buffer = (archive) => archive,
  listed?: string,
): Promise<ReleaseServer> {
  const stem = `nats-server-v${VERSION}-${releasePlatform()}`
  const dir = await mkdtemp(join(tmpdir(), 'nats-release-'))
  await mkdir(join(dir, stem))
  await copyFile(executable, join(dir, stem, 'nats-server'))
  execFileSync('tar', ['-cf', join(dir, 'archive'), '-C', dir, stem])
  const archive = gzipSync(await readFile(join(dir, 'archive')), { level: 1 })
  await rm(dir, { recursive: true })
  const served = tamper(archive)
  const files: Record<string, Buffer | string> = {
    [`/v${VERSION}/${stem}.tar.gz`]: served,
    [`/v${VERSION}/SHA256SUMS`]: `${listed ?? sha256(served)}  ${stem}.tar.gz\n`,
  }
  const requests: string[] = []
  const server = createServer(({ url = '' }, response) => {
    requests.push(url)
    response.statusCode = url in files ? 200 : 404
    response.end(files[url])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    release: { version: VERSION, sha256: { [`${releasePlatform()}.tar.gz`]: sha256(archive) } },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
