import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { kindOf, processesOf } from './processes.ts'

const PROGRAM = join(import.meta.dirname, '../apps/coordinator/bin/bailiwick.js')
const call = promisify(execFile)

/** A sandbox that is killed costs a step: the model has to reply so often at most. */
const REPLIES_EACH = 30

/** Replies of one task: a mark that may be repeated, one that may not, then its answer. */
function replies(answer: string): string[] {
  // Different every time: code that repeats itself is not run again.
  return Array.from(
    { length: REPLIES_EACH },
    (_, attempt) => `<code>
// Attempt ${attempt + 1}
for (;;) try { await mark({}); break } catch { await sleep(100) }
try { await markOnce({}) } catch { /* Whether it was done is not known. */ }
await sleep(50)
finalAnswer(${answer})
</code>`,
  )
}

const PLAN = {
  tasks: [
    { name: 't1', after: [] },
    { name: 't2', after: [] },
    { name: 't3', after: ['t1'] },
    { name: 't4', after: ['t1', 't2'] },
    { name: 't5', after: ['t3', 't4'] },
  ].map((task) => ({ agent: 'worker', text: `Do ${task.name}.`, inputs: [], ...task })),
}
const REPLIES = {
  planner: { plan: [JSON.stringify(PLAN)] },
  worker: {
    t1: replies('1'),
    t2: replies('2'),
    t3: replies('results.t1.output + 2'),
    t4: replies('results.t1.output + results.t2.output + 1'),
    t5: replies('results.t3.output * 10 + results.t4.output'),
  },
  writer: { answer: ['The number is {{t5.output}}.'] },
}
/** What every run must come to: t3 = 3, t4 = 4, t5 = 34. */
export const RIGHT_ANSWER = 'The number is 34.'
export const EFFECT_TASKS = PLAN.tasks.map(({ name }) => name)

/** A folder with a daemon, a team and a tool host, all of them real processes. */
export class Stage {
  readonly folder: string
  readonly effects: string
  #toolHost: ChildProcess | undefined
  #ended = false

  private constructor(folder: string) {
    this.folder = folder
    this.effects = join(folder, 'effects.jsonl')
  }

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'bailiwick-chaos-'))
    const stage = new Stage(folder)
    const agent = (name: string, fields: object) =>
      writeFile(
        join(folder, `${name}.mjs`),
        `export default ${JSON.stringify({ name, description: `the ${name}`, ...fields })}`,
      )
    await agent('worker', { level: 5, tools: ['mark', 'markOnce'] })
    await agent('writer', { level: 0, references: true })
    await writeFile(join(folder, 'replies.json'), JSON.stringify(REPLIES))
    const config = {
      model: `scripted:${folder}/replies.json`,
      team: [{ agent: './worker.mjs', replicas: 2, maxConcurrent: 2 }, './writer.mjs'],
      limits: { restarts: 100 },
    }
    await writeFile(join(folder, 'bailiwick.config.mjs'), `export default ${JSON.stringify(config)}`)
    await stage.up()
    await stage.startToolHost()
    return stage
  }

  /** Runs the command in the folder. */
  async bailiwick(...args: string[]): Promise<string> {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      OLLAMA_HOST: 'http://127.0.0.1:9',
      CHAOS: this.folder,
    }
    const { stdout } = await call(process.execPath, [PROGRAM, ...args], {
      cwd: this.folder,
      env,
      timeout: 60_000,
    })
    return stdout
  }

  /** Starts the daemon where none runs; until it does. */
  async up(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.bailiwick('up', '--detach')
        return
      } catch (error) {
        if (/runs already|is running/.test(String(error))) return
        if (tries === 5) throw error
      }
    }
  }

  /** Starts the tool host, and again whenever it dies; the daemon that gives it credentials may be away. */
  async startToolHost(): Promise<void> {
    const role = ['--role', 'tool-host:marks', '--tool', 'mark', '--tool', 'markOnce']
    while (!this.#ended) {
      try {
        const env = JSON.parse(await this.bailiwick('env', ...role, '--json'))
        const child = fork(join(import.meta.dirname, 'tool-host.ts'), [this.effects], {
          env: { ...process.env, ...env },
          stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        })
        this.#toolHost = child
        child.once('exit', () => void this.startToolHost())
        await Promise.race([once(child, 'message'), once(child, 'exit')])
        return
      } catch {
        await sleep(200) // No daemon just now.
      }
    }
  }

  /** Starts again what nobody else does. */
  async mend(): Promise<void> {
    if (!processesOf(this.folder).some((one) => kindOf(one) === 'daemon')) await this.up()
  }

  /** Ends everything in order. @returns what runs all the same */
  async close(): Promise<string[]> {
    this.#ended = true
    this.#toolHost?.kill('SIGKILL')
    await this.bailiwick('down')
    const until = Date.now() + 10_000
    while (processesOf(this.folder).length > 0 && Date.now() < until) await sleep(100)
    const left = processesOf(this.folder).map(({ pid, command }) => `${pid} ${command}`)
    await rm(this.folder, { recursive: true, force: true })
    return left
  }
}
