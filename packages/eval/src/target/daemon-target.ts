import { createHash } from 'node:crypto'
import {
  type Client,
  type CloudEvent,
  cancelRun,
  eventName,
  getRun,
  type NewRun,
  submitRun,
  watchRun,
} from '@bailiwick/client'
import type { JournalRecord } from '@bailiwick/contract'
import { StepFactsCollector } from './facts-of-records.ts'
import { type Target, WASTE_CAUSES, type WasteCause } from './target.ts'
import { countWaste, NOTHING_WASTED } from './wasted-replies.ts'

/** A running daemon as a target. */
export interface DaemonTargetOptions extends Pick<NewRun, 'agent' | 'strategy'> {
  client: Client
  /** Unique for the experiment, so that submitting an attempt again does not start a second run. */
  experiment: string
}

/**
 * The team of a running daemon, or one of its agents. The daemon decides about models and levels. Users see events
 * without texts, so a refused answer counts as an error and an answer that only repeats a result is not noticed.
 */
export function daemonTarget({ client, experiment, agent, strategy }: DaemonTargetOptions): Target {
  return {
    name: agent ?? 'team',
    level: null,
    model: null,
    digest: strategy ?? '',
    async answer({ task: text, values, files }, { key, signal, maxCost, onReply }) {
      const contents = Object.entries(files).map(([name, { file, mediaType, bytes }]) => [
        nameOf(name, file),
        { content: bytes, mediaType },
      ])
      const order: Omit<NewRun, 'run'> = {
        text,
        files: Object.fromEntries(contents),
        values: { ...values },
        ...(agent !== undefined && { agent }),
        ...(strategy !== undefined && { strategy }),
        ...(maxCost !== undefined && { budget: { cost: maxCost } }),
      }
      const run = await submitOnce(client, order, `${experiment}/${key}`, signal)
      const tasks = new Map<string, { level: number | undefined; facts: StepFactsCollector }>()
      let replies = 0
      try {
        for await (const event of watchRun(client, run, { signal })) {
          let task = tasks.get(event.task)
          if (task === undefined) {
            task = { level: event.level, facts: new StepFactsCollector() }
            tasks.set(event.task, task)
          }
          const record = asRecord(event)
          if (record === undefined) continue
          if (record.type === 'step.replied') onReply(++replies)
          task.facts.add(record)
        }
      } catch (error) {
        // A run that nobody waits for would go on spending.
        if (signal.aborted)
          await cancelRun(client, run, { reason: 'the evaluation was stopped' }).catch(() => {})
        throw error
      }
      const { result, status } = await getRun(client, run, { signal })
      if (result === undefined)
        throw new Error(`expected run ${run} to have a result, found status ${status}`)
      const { error, usage } = result
      const output = checkedValue(result.answer)
      const wasted: Record<WasteCause, number> = { ...NOTHING_WASTED }
      for (const { level, facts } of tasks.values()) {
        const own = countWaste(facts.steps, level)
        for (const cause of WASTE_CAUSES) wasted[cause] += own[cause]
      }
      return {
        status: result.status,
        ...(output !== undefined && { output }),
        ...(error !== undefined && { error }),
        usage,
        wasted,
        task: run,
      }
    },
    // The caller opened the client.
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * The value to check of a run's answer. A run that one agent has answers a person: `data` has the value, perhaps under one
 * name, or the text has it.
 */
export function checkedValue(answer: unknown): unknown {
  if (!isReadable(answer)) return answer
  let value = answer.data ?? (answer.data === null ? null : answer.answer)
  for (;;) {
    const fields =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : []
    if (fields.length !== 1) return value
    ;[value] = fields
  }
}

function isReadable(answer: unknown): answer is { answer: unknown; data?: unknown } {
  if (typeof answer !== 'object' || answer === null || !('answer' in answer)) return false
  return Object.keys(answer).every((key) => key === 'answer' || key === 'data')
}

/**
 * Submits the run of a try, or finds it if an earlier process did. A run that was canceled when that process was stopped
 * is replaced by another one.
 */
async function submitOnce(
  client: Client,
  order: Omit<NewRun, 'run'>,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  for (let number = 0; ; number += 1) {
    const run = `e${createHash('sha256').update(`${name}/${number}`).digest('hex').slice(0, 20)}`
    const { duplicate } = await submitRun(client, { ...order, run }, { signal })
    if (!duplicate || (await getRun(client, run, { signal })).status !== 'canceled') return run
  }
}

/** The client names an input after its file. */
function nameOf(input: string, file: string): string {
  const extension = /\.[^.]+$/.exec(file)?.[0] ?? ''
  return `${input}${extension}`
}

/** An event in the form of its record. Marks stand for texts: equal texts have equal marks. */
function asRecord({ type, data }: CloudEvent): JournalRecord | undefined {
  const name = eventName(type)
  if (name === undefined || !/^(step|call)\./.test(name)) return undefined
  const fields: Record<string, unknown> = { ...data, type: name, text: '', observation: '' }
  if (name === 'step.replied') fields.calls = Array.from({ length: Number(data.calls) }, () => ({ name: '' }))
  for (const key of ['code', 'arguments', 'final']) {
    if (data[key] !== undefined) fields[key] = `#${(data[key] as { sha256: string }).sha256}`
  }
  return fields as unknown as JournalRecord
}
