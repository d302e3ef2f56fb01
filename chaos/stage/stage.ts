import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, link, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { kindOf, processesOf, type StageProcess } from './processes.ts'
import { AGENTS, MEMBERS, REPLIES, TOOLS } from './team.ts'

/** Below the range from which systems assign ports, and above the ports that nats-server tries by itself. */
const PORTS = { first: 12_000, count: 18_000 } as const

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

/**
 * A folder with a daemon, a team and a tool host, all of them real processes. The stage restarts the daemon and the tool
 * host when they die, because no other process does.
 */
export class Stage {
  readonly folder: string
  readonly effects: string
  /** Errors of failed starts of the daemon. It and its server may be killed while they start. */
  readonly failedStarts: string[] = []
  /** The stage's own copy of Node. Its path marks every process that is started with it, and its descendants. */
  readonly #node: string
  readonly #closing = new AbortController()
  #startMs = 0
  #toolHost: ChildProcess | undefined
  #keeping: Promise<unknown> = Promise.resolve()

  private constructor(folder: string) {
    this.folder = folder
    this.effects = join(folder, 'effects.jsonl')
    this.#node = join(folder, 'node')
  }

  static async open(): Promise<Stage> {
    const stage = new Stage(await mkdtemp(join(tmpdir(), 'bailiwick-chaos-')))
    await stage.#prepare()
    stage.#startMs = await stage.#startFirst()
    const { promise, resolve } = Promise.withResolvers<void>()
    stage.#keeping = Promise.all([stage.#keepDaemon(), stage.#keepToolHost(resolve)])
    // A task that is created before the tools are registered would not be granted them.
    await promise
    return stage
  }

  /** The file with its server's keys, which can sign credentials. */
  get keys(): string {
    return join(this.folder, '.bailiwick/nats/keys.json')
  }

  /** Duration of the first, undisturbed start of the daemon, ms. */
  get startMs(): number {
    return this.#startMs
  }

  processes(): StageProcess[] {
    return processesOf(this.folder)
  }

  /** Runs the command in the folder. */
  async bailiwick(...args: string[]): Promise<string> {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      BWRAP_BIN: process.env.BWRAP_BIN,
      OLLAMA_HOST: 'http://127.0.0.1:9',
    }
    const { stdout } = await call(this.#node, [...process.execArgv, PROGRAM, ...args], {
      cwd: this.folder,
      env,
      timeout: 60_000,
    })
    return stdout
  }

  /** Runs the command until it succeeds: the daemon may be down after the last act. */
  async bailiwickOnceRestarted(...args: string[]): Promise<string> {
    const until = Date.now() + RESTART_MS
    for (;;) {
      try {
        return await this.bailiwick(...args)
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
    await this.bailiwick('down')
    const until = Date.now() + END_MS
    while (this.processes().length > 0 && Date.now() < until) await sleep(100)
    return this.processes()
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  async #prepare(): Promise<void> {
    const write = (file: string, text: string) => writeFile(join(this.folder, file), text)
    for (const [name, fields] of Object.entries(AGENTS)) {
      const definition = { name, description: `the ${name}`, ...fields }
      const before = name === 'liar' ? LIES : ''
      await write(`${name}.mjs`, `${before}export default ${JSON.stringify(definition)}`)
    }
    await write('replies.json', JSON.stringify(REPLIES))
    // A hard link, or a copy if the temporary folder is on another disk.
    await link(process.execPath, this.#node).catch(() => copyFile(process.execPath, this.#node))
  }

  /** Starts the daemon on a fixed port, because the tool host keeps its address. @returns how long that took, ms */
  async #startFirst(): Promise<number> {
    const model = `scripted:${this.folder}/replies.json`
    for (;;) {
      const port = await freePort()
      const config = { model, team: MEMBERS, limits: { restarts: 100 }, nats: { port } }
      const text = `export default ${JSON.stringify(config)}`
      await writeFile(join(this.folder, 'bailiwick.config.mjs'), text)
      const began = Date.now()
      try {
        await this.bailiwick('up', '--detach')
        return Date.now() - began
      } catch (error) {
        // Another program took the port since, so try another port.
        if (!String(error).includes(`Expected port ${port}`)) throw error
      }
    }
  }

  async #keepDaemon(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      if (!this.processes().some((one) => kindOf(one) === 'daemon')) {
        await this.bailiwick('up', '--detach').catch((error: unknown) =>
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
      // The daemon that mints its credentials may be down.
      const text = await this.bailiwick('env', ...role, '--json').catch(() => undefined)
      if (text !== undefined && !this.#closing.signal.aborted) {
        this.#toolHost = fork(join(import.meta.dirname, 'tool-host.ts'), [this.effects], {
          execPath: this.#node,
          env: { ...process.env, ...JSON.parse(text) },
          stdio: 'ignore',
        })
        this.#toolHost.once('message', ready)
        await once(this.#toolHost, 'exit')
      }
      await sleep(CHECK_EVERY_MS)
    }
  }
}

/** A port that is free now. No program gets it by chance later, while its server is down between two starts. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
