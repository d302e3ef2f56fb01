import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, link, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { kindOf, processesOf, type StageProcess } from './processes.ts'
import { AGENTS, MEMBERS, REPLIES, TOOLS } from './team.ts'

const PROGRAM = join(import.meta.dirname, '../../apps/cli/bin/bailiwick.js')
const call = promisify(execFile)

/** How often it is looked whether the daemon is there still, ms. */
const MEND_EVERY_MS = 100
/** Time for a daemon to be there again, ms. */
const MENDED_MS = 60_000
/** Time for what was ended in order to be gone, ms. */
const LEAVE_MS = 10_000

/**
 * A folder with a daemon, a team and a tool host, all of them real processes. What nobody else starts again, this
 * does, at any time: the daemon, and the tool host.
 */
export class Stage {
  readonly folder: string
  readonly effects: string
  /** Starts of the daemon that failed, and why: it may be killed, and its server, while it starts. */
  readonly failedStarts: string[] = []
  /** A Node of the stage's own: its path marks every process that is started with it, to the last descendant. */
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
    // Tasks that are created before anybody has offered the tools would have none.
    await promise
    return stage
  }

  /** Where the keys of its server are, from which anybody who may read them can sign credentials. */
  get keys(): string {
    return join(this.folder, '.bailiwick/nats/keys.json')
  }

  /** How long the first start of the daemon took, which nobody disturbed: how slow the machine is, ms. */
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

  /** The same, once the daemon is there: the last act may have been its death. */
  async bailiwickOnceMended(...args: string[]): Promise<string> {
    const until = Date.now() + MENDED_MS
    for (;;) {
      try {
        return await this.bailiwick(...args)
      } catch (error) {
        if (Date.now() > until) throw error
        await sleep(MEND_EVERY_MS)
      }
    }
  }

  /** Ends everything in order, and leaves the folder where it is. @returns what runs all the same */
  async close(): Promise<StageProcess[]> {
    this.#closing.abort()
    this.#toolHost?.kill('SIGKILL')
    await this.#keeping
    await this.bailiwick('down')
    const until = Date.now() + LEAVE_MS
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
      await write(`${name}.mjs`, `export default ${JSON.stringify(definition)}`)
    }
    await write('replies.json', JSON.stringify(REPLIES))
    // A second name of the same file; where that is on another disk, a copy.
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
      await sleep(MEND_EVERY_MS)
    }
  }

  /** @param ready called whenever one has offered its tools */
  async #keepToolHost(ready: () => void): Promise<void> {
    const role = ['--role', 'tool-host:marks', ...TOOLS.flatMap((tool) => ['--tool', tool])]
    while (!this.#closing.signal.aborted) {
      // The daemon that gives it credentials may be away.
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
      await sleep(MEND_EVERY_MS)
    }
  }
}
