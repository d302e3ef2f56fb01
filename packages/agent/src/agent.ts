import {
  type AgentCard,
  type AgentDefinition,
  type AgentEvent,
  type AgentRunOptions,
  BailiwickError,
  InputError,
  type JournalRecord,
  type Agent as RunningAgent,
  type Sandbox,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
  taskSpecOf,
} from '@bailiwick/contract'
import {
  type Approve,
  agentCard,
  type Callbacks,
  callBack,
  defineAgent,
  explainAgent,
  type ModelMessage,
  promptFor,
  taskInputs,
} from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { checkImports } from '@bailiwick/sandbox/imports'
import { checkInProcess, InProcess } from './in-process.ts'
import { taskSpec } from './task-spec.ts'

/** An agent's definition. Every field is optional; the defaults make a code agent. */
export type AgentOptions = Partial<Omit<AgentDefinition, 'model'>> & {
  /** `provider/model`, an alias, or a model object. Default: the first model found. */
  model?: AgentDefinition['model'] | undefined
  /** Folder that `imports` resolve from. Default: the current folder. */
  importsFrom?: string
  /**
   * Asks a person about a call that needs approval: resolves to `true`, `false`, or `{ decision, by, reason }`. If
   * absent, such calls are refused.
   */
  approve?: Approve
  /** Runs the code. Agents that share one share its processes. Disposing of the agent leaves it open. */
  sandbox?: Sandbox
  /**
   * A callback for each type of record (`step.replied`, `step.ended`, `call.ended`, …) or live event (`text`,
   * `print`, …). The stream waits for it, and fails if it throws.
   */
  on?: Callbacks
}

/**
 * An agent in this process. The default level is 5 (code); code runs in a guarded child process.
 *
 * @throws DefinitionError if the definition cannot work: for example a duplicate name, delegates below level 4, or an
 *   import that is not installed
 * @example
 * const agent = new Agent({ model: 'ollama/qwen3:8b', tools: [population] })
 * const { output } = await agent.run('How many people live in Norway?')
 */
export class Agent implements RunningAgent, AsyncDisposable {
  readonly card: AgentCard
  readonly #definition: AgentDefinition
  readonly #callbacks: Callbacks
  readonly #inProcess: InProcess
  readonly #running = new Set<AbortController>()
  /** The journal of each result, so that a conversation can continue from it. */
  readonly #journals = new WeakMap<TaskResult, readonly JournalRecord[]>()

  constructor(options: AgentOptions = {}) {
    const { importsFrom = process.cwd(), on = {}, approve, sandbox, model, ...definition } = options
    const defaults = { name: 'agent', description: 'Solves tasks.', level: 5 } as const
    this.#definition = defineAgent({ ...defaults, ...definition, ...(model !== undefined && { model }) })
    checkInProcess(this.#definition)
    checkImports(this.#definition.imports ?? [], importsFrom)
    this.card = agentCard(this.#definition)
    this.#callbacks = on
    this.#inProcess = new InProcess(importsFrom, approve, sandbox)
  }

  /**
   * Works on a task. Emits events in order; the last is the `task.ended` record. To stop the work, stop iterating.
   *
   * @throws InputError if no model is found, or if `continue` is not a result of this agent
   */
  async *stream(task: string, options: AgentRunOptions = {}): AsyncGenerator<AgentEvent> {
    const { spec, records } = this.#begin(task, options)
    const journal = memoryJournal(records)
    const interrupted = new AbortController()
    this.#running.add(interrupted)
    try {
      const signal = AbortSignal.any([interrupted.signal, ...(options.signal ? [options.signal] : [])])
      const loop = await this.#inProcess.start(this.#definition, spec, journal, signal)
      for await (const event of callBack(loop, this.#callbacks)) {
        if (event.type === 'record' && event.record.type === 'task.ended') {
          this.#journals.set(event.record, journal.records)
        }
        yield event
      }
    } finally {
      this.#running.delete(interrupted)
    }
  }

  /** Works on a task and resolves with its result. A failed task resolves too: check `status`. */
  async run(task: string, options: AgentRunOptions = {}): Promise<TaskResult> {
    for await (const event of this.stream(task, options)) {
      if (event.type !== 'record' || event.record.type !== 'task.ended') continue
      const result = taskResultOf(event.record)
      this.#journals.set(result, this.#journals.get(event.record) ?? [])
      return result
    }
    throw new BailiwickError('no-result', `${this.card.name} stopped before its task ended`)
  }

  /** Cancels all running tasks, even within a step. Their results have status `canceled` and can be continued. */
  interrupt(reason = 'interrupted'): void {
    for (const controller of this.#running) controller.abort(new BailiwickError('canceled', reason))
  }

  /** Describes the agent as text: level, tools with effects, delegates, imports, limits and approvals. */
  explain(): string {
    return explainAgent(this.#definition)
  }

  /** The messages of a task's first model request. */
  prompt(task: string, options: AgentRunOptions = {}): ModelMessage[] {
    return promptFor(this.#definition, taskSpec(this.#definition, task, options))
  }

  /** Cancels running tasks and ends the sandbox processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupt('the agent was disposed')
    await this.#inProcess[Symbol.asyncDispose]()
  }

  #begin(text: string, options: AgentRunOptions): { spec: TaskSpec; records: JournalRecord[] } {
    if (options.continue === undefined)
      return { spec: taskSpec(this.#definition, text, options), records: [] }
    const records = this.#journals.get(options.continue)
    const first = records?.[0]
    if (records === undefined || first?.type !== 'task.created') {
      throw new InputError(
        'continue: expected the object that run() of this agent resolved to, found another; pass that object, not a copy',
      )
    }
    const inputs = taskInputs(options.inputs ?? {})
    return {
      spec: taskSpecOf(first),
      records: [...records, { type: 'task.continued', at: Date.now(), text, inputs }],
    }
  }
}
