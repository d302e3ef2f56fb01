import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningNatsServer } from '../server/running-server.ts'
import { type StartOptions, startNatsServer } from '../server/start-nats-server.ts'

/** A real server on a free port and a temporary data directory; disposing it ends the one and removes the other. */
export type TestServer = RunningNatsServer & { readonly dataDir: string }

/**
 * Starts a server for a test.
 *
 * @example
 * ```ts
 * await using server = await startTestServer()
 * const { creds } = await server.credentials({ name: 'test' })
 * ```
 */
export async function startTestServer(
  options: Omit<StartOptions, 'dataDir' | 'port'> = {},
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nats-test-'))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const server = await startNatsServer({ ...options, dataDir, port: 0 })
    return {
      ...server,
      dataDir,
      async [Symbol.asyncDispose]() {
        await server.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
