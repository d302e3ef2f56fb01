import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { RELEASE } from '../binary/fetch-release.ts'

/** Serves one release on loopback, for the tests of this package. */
export interface ReleaseServer extends AsyncDisposable {
  readonly url: string
  /** The requested paths, in order. */
  readonly requests: readonly string[]
}

const system = process.platform === 'win32' ? 'windows' : process.platform
const processor = process.arch === 'x64' ? 'amd64' : process.arch
const STEM = `nats-server-v${RELEASE}-${system}-${processor}`

/**
 * Publishes a release for this platform whose archive holds the given executable.
 *
 * @param sum a wrong checksum to publish. Default: the right one
 */
export async function serveRelease(executable: string, sum?: string): Promise<ReleaseServer> {
  const dir = await mkdtemp(join(tmpdir(), 'nats-release-'))
  await mkdir(join(dir, STEM))
  await copyFile(executable, join(dir, STEM, 'nats-server'))
  execFileSync('tar', ['-cf', join(dir, 'archive'), '-C', dir, STEM])
  const archive = gzipSync(await readFile(join(dir, 'archive')), { level: 1 })
  await rm(dir, { recursive: true })
  const published = sum ?? createHash('sha256').update(archive).digest('hex')
  const files: Record<string, Buffer | string> = {
    [`/v${RELEASE}/${STEM}.tar.gz`]: archive,
    [`/v${RELEASE}/SHA256SUMS`]: `${published}  ${STEM}.tar.gz\n`,
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
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
