import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningNatsServer } from '../server/running-server.ts'
import { type StartOptions, startNatsServer } from '../server/start-nats-server.ts'
import { killOnExit } from './kill-on-exit.ts'
import { testBinary } from './test-binary.ts'

/** A real server on a free port with a temporary data directory. Disposing it stops the server and removes the directory. */
export type TestServer = RunningNatsServer & { readonly dataDir: string }

/**
 * Starts a server for a test. It ends with this process at the latest, unless this process is killed.
 *
 * @throws NatsServerError as `startNatsServer` does
 * @example
 * ```ts
 * await using server = await startTestServer()
 * const { creds } = await server.credentials({ name: 'test' })
 * ```
 */
export async function startTestServer(
  options: Omit<StartOptions, 'dataDir' | 'port'> = {},
): Promise<TestServer> {
  const binary = options.binary ?? (await testBinary())
  const dataDir = await mkdtemp(join(tmpdir(), 'nats-test-'))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const server = await startNatsServer({ ...options, binary, dataDir, port: 0 })
    // Without this, the server would keep running after the test's process, as servers of real programs do.
    void server.exited.then(killOnExit(server.pid))
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
