import {
  agentCard,
  defineAgent,
  explainAgent,
  type ModelMessage,
  memoryJournal,
  promptFor,
  runLoop,
} from '@bailiwick/core'
import {
  type AgentCard,
  type AgentDefinition,
  type AgentEvent,
  type AgentRunOptions,
  type JournalRecord,
  NO_USAGE,
  type Agent as RunningAgent,
  type TaskResult,
} from '@bailiwick/core/contract'
import { delegateRunner } from './delegate-runner.ts'
import { type InProcess, openInProcess } from './in-process.ts'
import { taskSpec } from './task-spec.ts'

/** A definition whose name, description and level may be left out, and where its imports resolve from. */
export type AgentOptions = Omit<AgentDefinition, 'name' | 'description' | 'level'> &
  Partial<Pick<AgentDefinition, 'name' | 'description' | 'level'>> & {
    /** Folder that `imports` resolve from. Default: the current one. */
    importsFrom?: string
  }

/**
 * An agent in this process. Level 5 (code) unless said otherwise; its code runs in a guarded child process.
 *
 * @throws DefinitionError for a definition that cannot work
 * @example
 * const agent = new Agent({ model: 'ollama/qwen3:8b', tools: [population] })
 * const { output } = await agent.run('How many people live in Norway?')
 */
export class Agent implements RunningAgent, AsyncDisposable {
  readonly card: AgentCard
  readonly #definition: AgentDefinition
  readonly #inProcess: InProcess
  /** What was journaled for a result, so that a conversation can go on from it. */
  readonly #journals = new WeakMap<TaskResult, JournalRecord[]>()

  constructor({ importsFrom = process.cwd(), ...options }: AgentOptions) {
    this.#definition = defineAgent({ name: 'agent', description: 'Solves tasks.', level: 5, ...options })
    this.card = agentCard(this.#definition)
    this.#inProcess = openInProcess(importsFrom)
  }

  /** Works on a task. Events come in order; the last is the `task.ended` record. */
  async *stream(task: string, options: AgentRunOptions = {}): AsyncGenerator<AgentEvent> {
    const { continue: previous, signal } = options
    const records = previous === undefined ? [] : this.#recordsOf(previous, task)
    const first = records[0]
    const spec = first?.type === 'task.created' ? first.spec : taskSpec(this.#definition, task, options)
    const journal = memoryJournal(records)
    const needsSandbox = spec.grant.level === 5
    const loop = runLoop({
      definition: this.#definition,
      spec,
      journal,
      tools: this.#inProcess.tools(this.#definition),
      model: await this.#inProcess.model(this.#definition),
      delegate: delegateRunner(this.#definition, spec, this.#inProcess),
      importsFrom: this.#inProcess.importsFrom,
      ...(needsSandbox ? { sandbox: await this.#inProcess.sandbox() } : {}),
      ...(signal === undefined ? {} : { signal }),
    })
    for await (const event of loop) {
      if (event.type === 'record' && event.record.type === 'task.ended') {
        this.#journals.set(event.record.result, journal.records)
      }
      yield event
    }
  }

  /** The same, collected: how the task ended. */
  async run(task: string, options: AgentRunOptions = {}): Promise<TaskResult> {
    let result: TaskResult = { status: 'canceled', usage: NO_USAGE, artifacts: [] }
    for await (const event of this.stream(task, options)) {
      if (event.type === 'record' && event.record.type === 'task.ended') result = event.record.result
    }
    return result
  }

  /** Level, tools with effects, delegates, imports, limits and approvals, as text. */
  explain(): string {
    return explainAgent(this.#definition)
  }

  /** The messages that the model would be sent first for a task. */
  prompt(task: string, options: AgentRunOptions = {}): ModelMessage[] {
    return promptFor(this.#definition, taskSpec(this.#definition, task, options))
  }

  /** Ends the processes that its code ran in. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inProcess[Symbol.asyncDispose]()
  }

  #recordsOf(previous: TaskResult, text: string): JournalRecord[] {
    const records = this.#journals.get(previous)
    if (records === undefined) throw new TypeError('continue: wanted a result that this agent returned')
    return [...records, { type: 'continued', at: Date.now(), text }]
  }
}
