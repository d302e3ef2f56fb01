import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openJournal, ringTask, STREAMS, SUBJECTS, serveFiles } from '@bailiwick/bus'
import type { AgentDefinition, Grant, JournalRecord, RecordOf, TaskSpec } from '@bailiwick/contract'
import { defineAgent, defineTool } from '@bailiwick/core'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { z } from 'zod'
import { grantOf, startTestBus } from '../test-bus.ts'
import type { Cut, CutTask } from './cut-worker.ts'

const card = (name: string, effect: 'none' | 'idempotent' | 'once') =>
  defineTool({ name, description: 'x', input: z.object({ n: z.number() }), effect, run: async () => {} })
const definition = defineAgent({
  name: 'cutter',
  description: 'x',
  level: 5,
  tools: [card('get', 'none'), card('put', 'idempotent'), card('maybe', 'none'), card('once', 'once')],
})

/** How a worker's work on a task ended. */
export type TaskEnd = 'ended' | 'left' | 'cut'

/** What the journal of a task shows. */
interface TaskOutcome {
  status: string
  output: unknown
  /** The world's hash after each step. */
  worlds: (string | undefined)[]
  /** The observation of each step. */
  shown: string[]
  records: JournalRecord[]
}

/** A real server, and worker processes that are killed while they work on tasks. */
export async function openCutBed(options: { atOnce: number; limits?: AgentDefinition['limits'] }) {
  await useBubblewrap()
  const test = await startTestBus()
  const files = await serveFiles(test.bus)
  const folder = await mkdtemp(join(tmpdir(), 'cut-'))
  const effects = join(folder, 'effects')
  await writeFile(effects, '')
  const { creds } = await test.server.credentials({ name: 'cutter' })
  const living = new Set<ChildProcess>()
  let restored = 0
  const specOf = (task: string, seed = task, grant: Partial<Grant> = {}): TaskSpec => ({
    run: 'r1',
    owner: 'user',
    task,
    agent: 'cutter',
    name: task,
    text: 'x',
    inputs: [],
    results: {},
    grant: { ...grantOf(definition), budget: { steps: 50 }, ...grant },
    seed,
    depth: 0,
  })
  return {
    specOf,
    /** Starts a worker, waits until each task has ended, was left or is cut, and kills it. @returns how each ended */
    async work(tasks: CutTask[]): Promise<Record<string, TaskEnd>> {
      // Large records are stored only for tasks that are open.
      for (const { spec } of tasks) {
        await ringTask(test.bus, { agent: spec.agent, run: spec.run, task: spec.task, ring: 1 })
      }
      const file = join(folder, 'work.json')
      await writeFile(file, JSON.stringify({ url: test.server.url, creds, effects, tasks, ...options }))
      const child = spawn(
        process.execPath,
        [...process.execArgv, fileURLToPath(new URL('cut-worker.ts', import.meta.url)), file],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
          // Halves the CPU time that starting a worker takes.
          env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compile-cache') },
          // Its own process group, like a host of the daemon, so that children that are just starting die too.
          detached: true,
        },
      )
      living.add(child)
      const closed = once(child, 'close')
      let text = ''
      child.stdout?.setEncoding('utf8')
      const printed = new Promise<void>((resolve) => {
        child.stdout?.on('data', (more: string) => {
          text += more
          if (text.endsWith('\n')) resolve()
        })
      })
      await Promise.race([printed, closed])
      killGroup(child)
      await closed
      living.delete(child)
      const result = JSON.parse(text)
      restored += result.restored
      return result.ends
    },
    /** Number of steps that workers restored from checkpoints instead of executing them again. */
    get restored(): number {
      return restored
    },
    async outcome(task: string): Promise<TaskOutcome> {
      const records: JournalRecord[] = []
      const journal = openJournal(test.bus, { writer: 'cutter', run: 'r1', task })
      for await (const record of journal.read()) records.push(record)
      const steps = records.filter((one): one is RecordOf<'step.ended'> => one.type === 'step.ended')
      const last = records.at(-1)
      return {
        status: last?.type === 'task.ended' ? last.status : 'open',
        output: last?.type === 'task.ended' ? last.output : undefined,
        worlds: steps.map(({ worldHash }) => worldHash),
        shown: steps.map(({ observation }) => observation),
        records,
      }
    },
    /** Size of each stored message of a task's journal, in bytes. */
    async messageSizes(task: string): Promise<number[]> {
      const sizes: number[] = []
      const { jsm } = test.bus
      const { state } = await jsm.streams.info(STREAMS.journal)
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await jsm.streams.getMessage(STREAMS.journal, { seq })
        if (message?.subject === SUBJECTS.journal('cutter', 'r1', task)) sizes.push(message.data.length)
      }
      return sizes
    },
    /** The effects of a task: tool and key, with the task's name replaced. */
    async effects(task: string): Promise<string[]> {
      const lines = (await readFile(effects, 'utf8')).split('\n')
      return lines
        .filter((line) => line.startsWith(`${task} `))
        .map((line) => line.slice(task.length + 1).replaceAll(task, '*'))
    },
    async [Symbol.asyncDispose]() {
      for (const child of living) killGroup(child)
      await files[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

export type CutBed = Awaited<ReturnType<typeof openCutBed>>
export type { Cut, CutTask }
