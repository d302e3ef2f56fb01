import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureNatsServer } from '@bailiwick/nats-server'
import { freePorts } from '@bailiwick/nats-server/testing'

/** Pause before a server that died starts again, ms. A cluster does not lose its quorum for long. */
const RESTART_AFTER_MS = 200

/**
 * Servers that form a JetStream cluster on loopback, without accounts: everybody may do everything. Each keeps its port
 * and its store, and starts again when it dies, as an operator's service manager would do.
 */
export class Cluster {
  /** The addresses of all servers, separated by commas. */
  readonly url: string
  readonly #servers: Server[]
  #keeping: Promise<unknown> = Promise.resolve()
  readonly #closing = new AbortController()

  private constructor(servers: Server[]) {
    this.#servers = servers
    this.url = servers.map(({ port }) => `nats://127.0.0.1:${port}`).join(',')
  }

  /** @param folder gets a folder for each server, with its configuration `nats.conf`, its log and its store */
  static async start(folder: string, size: number): Promise<Cluster> {
    const { path } = await ensureNatsServer()
    const ports = await freePorts(2 * size)
    const routes = ports.slice(size).map((port) => `"nats://127.0.0.1:${port}"`)
    const servers = ports.slice(0, size).map((port, n) => {
      return new Server(path, join(folder, `server${n}`), port, {
        server_name: `n${n}`,
        cluster: `{ name: chaos, listen: "127.0.0.1:${ports[size + n]}", routes: [${routes.join(', ')}] }`,
      })
    })
    for (const server of servers) await server.prepare()
    const cluster = new Cluster(servers)
    cluster.#keeping = Promise.all(servers.map((server) => server.keep(cluster.#closing.signal)))
    return cluster
  }

  /** Kills the servers. */
  async close(): Promise<void> {
    this.#closing.abort()
    for (const server of this.#servers) server.kill()
    await this.#keeping
  }
}

/** One server of a cluster. */
class Server {
  readonly #binary: string
  readonly #folder: string
  readonly port: number
  readonly #settings: Record<string, string>
  #child: ChildProcess | undefined

  constructor(binary: string, folder: string, port: number, settings: Record<string, string>) {
    this.#binary = binary
    this.#folder = folder
    this.port = port
    this.#settings = settings
  }

  async prepare(): Promise<void> {
    const store = join(this.#folder, 'store')
    await mkdir(store, { recursive: true })
    const settings = {
      listen: `"127.0.0.1:${this.port}"`,
      jetstream: `{ store_dir: ${JSON.stringify(store)} }`,
      ...this.#settings,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`)
    await writeFile(join(this.#folder, 'nats.conf'), lines.join(''))
  }

  /** Runs the server, again and again. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const log = openSync(join(this.#folder, 'log'), 'a')
      const args = ['-c', join(this.#folder, 'nats.conf')]
      this.#child = spawn(this.#binary, args, { stdio: ['ignore', log, log] })
      await once(this.#child, 'exit')
      await sleep(RESTART_AFTER_MS, undefined, { signal }).catch(() => {})
    }
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }
}
