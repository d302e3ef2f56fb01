import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { portOf } from '../server/ports-file.ts'
import { DEFAULT_LIMITS } from '../server/server-config.ts'
import { type ServerExit, type ServerProcess, spawnServer } from '../server/server-process.ts'
import { startError } from '../server/start-error.ts'
import { killOnExit } from './kill-on-exit.ts'
import { testBinary } from './test-binary.ts'

/** A server as an operator runs it, without the accounts of `startNatsServer`. Disposing it kills it. */
export interface ExternalServer extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  /** Such as `nats://127.0.0.1:4222`. */
  readonly url: string
  readonly exited: Promise<ServerExit>
}

/**
 * Starts nats-server on a free loopback port, with JetStream in a temporary folder.
 *
 * @param config more lines for its configuration. Without any, nobody needs to authenticate
 * @throws NatsServerError `start-failed` with the server's last lines, or `port-taken` if the configuration names
 * a port that is in use; the server has ended by then
 * @example
 * ```ts
 * await using server = await startExternalServer('max_payload: 65536')
 * ```
 */
export async function startExternalServer(config = ''): Promise<ExternalServer> {
  const { path, version } = await testBinary()
  const folder = await mkdtemp(join(tmpdir(), 'nats-external-'))
  const [file, store, log] = [join(folder, 'nats.conf'), join(folder, 'store'), join(folder, 'log')]
  let server: ServerProcess | undefined
  const end = async () => {
    await server?.kill('SIGKILL')
    await server?.exited
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await mkdir(store)
    const head = `host: "127.0.0.1"\nport: -1\nports_file_dir: ${JSON.stringify(folder)}\n`
    await writeFile(file, `${head}jetstream { store_dir: ${JSON.stringify(store)} }\n${config}`, {
      mode: 0o600,
    })
    server = await spawnServer({ binary: path, config: file, store, log, memory: DEFAULT_LIMITS.memory })
    const { pid, exited } = server
    void exited.then(killOnExit(pid))
    const port = await untilListens(server, folder)
    if (typeof port !== 'number') throw await startError(port, { version, store, log, logStart: 0 })
    return { port, pid, url: `nats://127.0.0.1:${port}`, exited, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

/** The server's port, or how it ended instead. */
async function untilListens({ pid, exited }: ServerProcess, folder: string): Promise<number | ServerExit> {
  let exit: ServerExit | undefined
  void exited.then((value) => {
    exit = value
  })
  while (exit === undefined) {
    const port = await portOf(folder, pid)
    if (port !== undefined) return port
    await Promise.race([sleep(10), exited])
  }
  return exit
}
