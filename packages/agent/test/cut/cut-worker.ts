/**
 * A process that works on tasks on a real bus until each has ended or reached its cut: an append or a call that never
 * returns. Then it prints the result and waits to be killed. Its argument is a file that holds {@link CutWork}.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { connectBus, openJournal } from '@bailiwick/bus'
import {
  type AgentDefinition,
  type Effect,
  type Journal,
  type JournalRecord,
  NO_USAGE,
  type Sandbox,
  type TaskSpec,
  type Tool,
} from '@bailiwick/contract'
import { defineAgent, defineTool, type LoopOptions, runLoop } from '@bailiwick/core'
import { scriptedModel } from '@bailiwick/core/testing'
import { createSandbox } from '@bailiwick/sandbox'
import { z } from 'zod'

/** Where the process that works on a task dies. */
export type Cut =
  /**
   * At the `at`-th record of a step, or its `at`-th record of this type, before or after the record is durable. Counts
   * records, not appends, because the number of appends depends on the machine's speed.
   */
  | { kind: 'record'; step: number; at: number; after: boolean; type?: JournalRecord['type'] }
  /** At the `at`-th record of this process, whatever its step and type. */
  | { kind: 'any-record'; at: number; after: boolean }
  /** Within a call of this tool, before or after its effect. */
  | { kind: 'call'; tool: string; after: boolean }

type RecordCut = Extract<Cut, { kind: 'record' | 'any-record' }>

export interface CutTask {
  spec: TaskSpec
  codes: string[]
  cut?: Cut
  /** What people and delegates have answered so far, by call. The process leaves the task if it waits for more. */
  answers?: Record<string, 'approve' | 'reject' | { output: unknown }>
}

export interface CutWork {
  url: string
  creds: string
  /** File that gets a line for each effect: task, tool, idempotency key. */
  effects: string
  atOnce: number
  limits?: AgentDefinition['limits']
  tasks: CutTask[]
}

const work: CutWork = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
await using bus = await connectBus({ url: work.url, creds: work.creds, name: 'cut' })
await using sandbox = await createSandbox({ pool: work.atOnce })
/** Number of steps that this process restored from checkpoints. */
let restored = 0
const restoring: Sandbox = {
  ...sandbox,
  async open(world, signal) {
    const session = await sandbox.open(world, signal)
    restored += session.restored?.step ?? 0
    return session
  },
}
const never = new Promise<never>(() => {})

/** Resolves when the task has ended, was left, or reached its cut. */
async function workOn({ spec, codes, cut, answers }: CutTask): Promise<string> {
  const died = Promise.withResolvers<string>()
  const die = () => {
    died.resolve('cut')
    return never
  }
  const tools = toolsOf(cut?.kind === 'call' ? cut : undefined, die)
  const definition = defineAgent({ name: spec.agent, description: 'x', level: 5, tools, ...limitsOf(work) })
  const journal = openJournal(bus, { writer: spec.agent, run: spec.run, task: spec.task })
  // Replies by step, because a resumed task requests only the missing replies.
  const model = scriptedModel((request) => `<code>\n${codes[request.lane.step - 1]}\n</code>`)
  const loop = async () => {
    const wrapped = cut === undefined || cut.kind === 'call' ? journal : cutJournal(journal, cut, die)
    let last: string | undefined
    for await (const event of runLoop({
      definition,
      spec,
      journal: wrapped,
      tools,
      model,
      sandbox: restoring,
      ...(answers && { ...peopleAndDelegates(answers), suspendAfterMs: 1 }),
    })) {
      if (event.type === 'record') last = event.record.type
    }
    return last === 'task.waiting' ? 'left' : 'ended'
  }
  return Promise.race([loop(), died.promise])
}

function peopleAndDelegates(
  answers: NonNullable<CutTask['answers']>,
): Pick<LoopOptions, 'approve' | 'delegate'> {
  return {
    approve: ({ id }) => {
      const answer = answers[id]
      return answer === 'approve' || answer === 'reject'
        ? Promise.resolve({ decision: answer, by: 'ada' })
        : new Promise(() => {})
    },
    delegate: async ({ call }, atWork) => {
      const answer = answers[call]
      if (typeof answer !== 'object') {
        atWork()
        return never
      }
      return { status: 'completed', ...answer, usage: NO_USAGE, artifacts: [] }
    },
  }
}

function limitsOf({ limits }: CutWork) {
  return limits === undefined ? {} : { limits }
}

function cutJournal(journal: Journal, cut: RecordCut, die: () => Promise<never>): Journal {
  let count = 0
  return {
    read: () => journal.read(),
    async append(records) {
      for (const [index, record] of records.entries()) {
        if (cut.kind === 'record') {
          if (!('step' in record && record.step === cut.step)) continue
          if (cut.type !== undefined && record.type !== cut.type) continue
        }
        count += 1
        if (count < cut.at) continue
        const durable = records.slice(0, cut.after ? index + 1 : index)
        if (durable.length > 0) await journal.append(durable)
        return die()
      }
      return journal.append(records)
    },
  }
}

function toolsOf(cut: Extract<Cut, { kind: 'call' }> | undefined, die: () => Promise<never>): Tool[] {
  const make = (name: string, effect: Effect) =>
    defineTool({
      name,
      description: 'x',
      input: z.object({ n: z.number() }),
      effect,
      async run({ n }, { task, key }) {
        if (cut?.tool === name && !cut.after) return die()
        await new Promise((resolve) => setTimeout(resolve, n / 2))
        appendFileSync(work.effects, `${task} ${name} ${key}\n`)
        if (cut?.tool === name) return die()
        if (name === 'maybe' && n % 2 === 0) throw new Error('even')
        return { n, list: [n, n * 2] }
      },
    })
  return [make('get', 'none'), make('put', 'idempotent'), make('maybe', 'none'), make('once', 'once')]
}

const queue = [...work.tasks]
const ends: Record<string, string> = {}
await Promise.all(
  Array.from({ length: work.atOnce }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      ends[next.spec.task] = await workOn(next)
    }
  }),
)
console.log(JSON.stringify({ ends, restored }))
// The test kills this process.
setInterval(() => {}, 60_000)
