import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { freePorts } from '@bailiwick/nats-server/testing'
import { Cluster } from './cluster.ts'
import { kindOf, processesOf, type StageProcess } from './processes.ts'
import { AGENTS, MEMBERS, REPLIES, TOOLS } from './team.ts'

const PROGRAM = join(import.meta.dirname, '../../apps/cli/bin/bailiwick.js')
const call = promisify(execFile)

/** Makes the host that loads this module use another sandbox. */
const LIES = `import { registerHooks } from 'node:module'
const url = ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'lying-sandbox.ts')).href)}
registerHooks({
  resolve: (name, context, next) => (name === '@bailiwick/sandbox' ? { url, shortCircuit: true } : next(name, context)),
})
`

/** Interval between checks that the daemon and the tool host run, ms. */
const CHECK_EVERY_MS = 100
/** Time for a daemon to restart, ms. */
const RESTART_MS = 60_000
/** Time for processes to end after `bailiwick down`, ms. */
const END_MS = 10_000
/** Time for one command, ms. */
const COMMAND_MS = 60_000
/** One daemon that starts its own server. */
export const ONE_DAEMON: StageShape = { coordinators: 1, servers: 0 }

/** How many daemons a stage has, and on which servers. */
export interface StageShape {
  /** Daemons, each with its own team and data directory. */
  coordinators: number
  /** Servers of a cluster that all daemons use. Without any, the only daemon starts its own server. */
  servers: number
}

/**
 * A folder with daemons, their teams and a tool host, all of them real processes. The stage restarts the daemons, the
 * servers of a cluster and the tool host when they die, because no other process does.
 */
export class Stage {
  readonly folder: string
  readonly effects: string
  /** Errors of failed starts of a daemon. It and its server may be killed while they start. */
  readonly failedStarts: string[] = []
  /** The stage's own copy of Node. Its path marks every process that is started with it, and its descendants. */
  readonly #node: string
  readonly #shape: StageShape
  /** The folder of each daemon. */
  readonly #places: string[]
  readonly #closing = new AbortController()
  #cluster: Cluster | undefined
  #startMs = 0
  #toolHost: ChildProcess | undefined
  #keeping: Promise<unknown> = Promise.resolve()

  private constructor(folder: string, shape: StageShape) {
    this.folder = folder
    this.#shape = shape
    this.effects = join(folder, 'effects.jsonl')
    this.#node = join(folder, 'node')
    this.#places = Array.from({ length: shape.coordinators }, (_, n) => join(folder, `place${n}`))
  }

  static async open(shape: StageShape = ONE_DAEMON): Promise<Stage> {
    const stage = new Stage(await mkdtemp(join(tmpdir(), 'bailiwick-chaos-')), shape)
    await stage.#prepare()
    const { promise, resolve } = Promise.withResolvers<void>()
    try {
      stage.#startMs = await stage.#startFirst()
    } catch (error) {
      await stage.#cluster?.close()
      throw error
    }
    stage.#keeping = Promise.all([
      ...stage.#places.map((place) => stage.#keepDaemon(place)),
      stage.#keepToolHost(resolve),
    ])
    // A task that is created before the tools are registered would not be granted them.
    await promise
    return stage
  }

  /** The file with its server's keys, which can sign credentials; undefined if it uses a cluster, which has no accounts. */
  get keys(): string | undefined {
    return this.#cluster === undefined ? join(this.#places[0] ?? '', '.bailiwick/nats/keys.json') : undefined
  }

  /** Duration of the first, undisturbed start of a daemon, ms. */
  get startMs(): number {
    return this.#startMs
  }

  processes(): StageProcess[] {
    return processesOf(this.folder)
  }

  /** The variables with which a client connects. Rejects while the daemon that signs its credentials is down. */
  async env(...role: string[]): Promise<Record<string, string>> {
    if (this.#cluster !== undefined) return { NATS_URL: this.#cluster.url }
    return JSON.parse(await this.#bailiwick(this.#places[0] ?? '', 'env', ...role, '--json'))
  }

  /** The variables with which a client connects, once the daemon runs again after the last act. */
  async envOnceRestarted(...role: string[]): Promise<Record<string, string>> {
    const until = Date.now() + RESTART_MS
    for (;;) {
      try {
        return await this.env(...role)
      } catch (error) {
        if (Date.now() > until) throw error
        await sleep(CHECK_EVERY_MS)
      }
    }
  }

  /** Shuts everything down and keeps the folder. @returns the processes that are left */
  async close(): Promise<StageProcess[]> {
    this.#closing.abort()
    this.#toolHost?.kill('SIGKILL')
    await this.#keeping
    for (const place of this.#places) await this.#bailiwick(place, 'down')
    await this.#cluster?.close()
    const until = Date.now() + END_MS
    while (this.processes().length > 0 && Date.now() < until) await sleep(100)
    return this.processes()
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  async #bailiwick(place: string, ...args: string[]): Promise<string> {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      BWRAP_BIN: process.env.BWRAP_BIN,
      OLLAMA_HOST: 'http://127.0.0.1:9',
      ...(this.#cluster !== undefined && { NATS_URL: this.#cluster.url }),
    }
    const { stdout } = await call(this.#node, [...process.execArgv, PROGRAM, ...args], {
      cwd: place,
      env,
      timeout: COMMAND_MS,
    })
    return stdout
  }

  async #prepare(): Promise<void> {
    for (const place of this.#places) {
      await mkdir(place)
      const write = (file: string, text: string) => writeFile(join(place, file), text)
      for (const [name, fields] of Object.entries(AGENTS)) {
        const definition = { name, description: `the ${name}`, ...fields }
        const before = name === 'liar' ? LIES : ''
        await write(`${name}.mjs`, `${before}export default ${JSON.stringify(definition)}`)
      }
      await write('replies.json', JSON.stringify(REPLIES))
    }
    // A hard link, or a copy if the temporary folder is on another disk.
    await link(process.execPath, this.#node).catch(() => copyFile(process.execPath, this.#node))
    if (this.#shape.servers > 0) this.#cluster = await Cluster.start(this.folder, this.#shape.servers)
  }

  /** Starts the daemons. @returns how long the first took, ms */
  async #startFirst(): Promise<number> {
    const took: number[] = []
    for (const place of this.#places) took.push(await this.#start(place))
    return took[0] ?? 0
  }

  /** A daemon's own server gets a fixed port, because the tool host keeps its address. */
  async #start(place: string): Promise<number> {
    for (;;) {
      const [port] = await freePorts(1)
      const config = {
        model: `scripted:${place}/replies.json`,
        team: MEMBERS,
        limits: { restarts: 100 },
        ...(this.#cluster === undefined
          ? { nats: { port } }
          : { streams: { replicas: this.#shape.servers } }),
      }
      const text = `export default ${JSON.stringify(config)}`
      await writeFile(join(place, 'bailiwick.config.mjs'), text)
      const began = Date.now()
      try {
        await this.#bailiwick(place, 'up', '--detach')
        return Date.now() - began
      } catch (error) {
        // Another program took the port since, so try another port.
        if (!String(error).includes(`Expected port ${port}`)) throw error
      }
    }
  }

  async #keepDaemon(place: string): Promise<void> {
    while (!this.#closing.signal.aborted) {
      if (!processesOf(place).some((one) => kindOf(one) === 'daemon')) {
        await this.#bailiwick(place, 'up', '--detach').catch((error: unknown) =>
          this.failedStarts.push(String(error)),
        )
      }
      await sleep(CHECK_EVERY_MS)
    }
  }

  /** @param ready called each time that a tool host has registered its tools */
  async #keepToolHost(ready: () => void): Promise<void> {
    const role = ['--role', 'tool-host:marks', ...TOOLS.flatMap((tool) => ['--tool', tool])]
    while (!this.#closing.signal.aborted) {
      // The daemon that signs its credentials may be down.
      const access = await this.env(...role).catch(() => undefined)
      if (access !== undefined && !this.#closing.signal.aborted) {
        this.#toolHost = fork(join(import.meta.dirname, 'tool-host.ts'), [this.effects], {
          execPath: this.#node,
          env: { ...process.env, ...access },
          stdio: 'ignore',
        })
        this.#toolHost.once('message', ready)
        await once(this.#toolHost, 'exit')
      }
      await sleep(CHECK_EVERY_MS)
    }
  }
}
