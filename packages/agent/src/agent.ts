import {
  type AgentCard,
  type AgentDefinition,
  type AgentEvent,
  type AgentRunOptions,
  BailiwickError,
  InputError,
  type JournalRecord,
  type Agent as RunningAgent,
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
  runLoop,
} from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { checkImports } from '@bailiwick/sandbox/imports'
import { checkInProcess, ownTools } from './definition/check-in-process.ts'
import { delegateRunner } from './delegate-runner.ts'
import { InProcess } from './in-process.ts'
import { describedInputs, taskSpec } from './task-spec.ts'

/** A definition of which everything may be left out: the defaults make a code agent. */
export type AgentOptions = Partial<Omit<AgentDefinition, 'model'>> & {
  /** `provider/model`, an alias, or a model object. Default: the one that is found. */
  model?: AgentDefinition['model'] | undefined
  /** Folder that `imports` resolve from. Default: the current one. */
  importsFrom?: string
  /**
   * Asks a person about a call that `approval` holds back: `true`, `false`, or `{ decision, by, reason }`. Without
   * it such calls are refused.
   */
  approve?: Approve
  /**
   * By kind of record (`step.replied`, `step.ended`, `call.ended` and so on) or of what is live (`text`, `print`); the
   * stream waits for it. What a callback throws ends the stream.
   */
  on?: Callbacks
}

/**
 * An agent in this process. Level 5 (code) unless said otherwise; its code runs in a guarded child process.
 *
 * @throws DefinitionError for what cannot work: a name twice, delegates below level 4, an import that is
 *   not installed
 * @example
 * const agent = new Agent({ model: 'ollama/qwen3:8b', tools: [population] })
 * const { output } = await agent.run('How many people live in Norway?')
 */
export class Agent implements RunningAgent, AsyncDisposable {
  readonly card: AgentCard
  readonly #definition: AgentDefinition
  readonly #callbacks: Callbacks
  readonly #inProcess: InProcess
  readonly #atWork = new Set<AbortController>()
  /** What was journaled for a result, so that a conversation can go on from it. */
  readonly #journals = new WeakMap<TaskResult, readonly JournalRecord[]>()

  constructor({ importsFrom = process.cwd(), on = {}, approve, model, ...definition }: AgentOptions = {}) {
    const defaults = { name: 'agent', description: 'Solves tasks.', level: 5 } as const
    this.#definition = defineAgent({ ...defaults, ...definition, ...(model !== undefined && { model }) })
    checkInProcess(this.#definition)
    checkImports(this.#definition.imports ?? [], importsFrom)
    this.card = agentCard(this.#definition)
    this.#callbacks = on
    this.#inProcess = new InProcess(importsFrom, approve)
  }

  /**
   * Works on a task. Events come in order; the last is the `task.ended` record. Breaking out ends the work.
   *
   * @throws InputError where no model is found, or `continue` is given a result of somebody else
   */
  async *stream(task: string, options: AgentRunOptions = {}): AsyncGenerator<AgentEvent> {
    const { spec, records } = this.#begin(task, options)
    const journal = memoryJournal(records)
    const interrupted = new AbortController()
    this.#atWork.add(interrupted)
    try {
      const loop = runLoop({
        definition: this.#definition,
        spec,
        journal,
        tools: ownTools(this.#definition),
        model: await this.#inProcess.models.resolveFor(this.#definition),
        delegate: delegateRunner(this.#definition, spec, this.#inProcess),
        importsFrom: this.#inProcess.importsFrom,
        sandbox: this.#inProcess.sandbox,
        ...(this.#inProcess.approve && { approve: this.#inProcess.approve }),
        signal: AbortSignal.any([interrupted.signal, ...(options.signal ? [options.signal] : [])]),
      })
      for await (const event of callBack(loop, this.#callbacks)) {
        if (event.type === 'record' && event.record.type === 'task.ended') {
          this.#journals.set(event.record, journal.records)
        }
        yield event
      }
    } finally {
      this.#atWork.delete(interrupted)
    }
  }

  /** The same, collected: how the task ended. A task that failed is a result too: look at its `status`. */
  async run(task: string, options: AgentRunOptions = {}): Promise<TaskResult> {
    for await (const event of this.stream(task, options)) {
      if (event.type !== 'record' || event.record.type !== 'task.ended') continue
      const result = taskResultOf(event.record)
      this.#journals.set(result, this.#journals.get(event.record) ?? [])
      return result
    }
    throw new BailiwickError('no-result', `${this.card.name} stopped before its task had ended`)
  }

  /** Cuts what is at work, a running step too: those tasks end as `canceled`, and can be continued. */
  interrupt(reason = 'interrupted'): void {
    for (const controller of this.#atWork) controller.abort(new BailiwickError('canceled', reason))
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
    this.interrupt('the agent was disposed of')
    await this.#inProcess[Symbol.asyncDispose]()
  }

  #begin(text: string, options: AgentRunOptions): { spec: TaskSpec; records: JournalRecord[] } {
    if (options.continue === undefined)
      return { spec: taskSpec(this.#definition, text, options), records: [] }
    const records = this.#journals.get(options.continue)
    const first = records?.[0]
    if (records === undefined || first?.type !== 'task.created') {
      throw new InputError('continue: wanted the very object that run() of this agent resolved with')
    }
    const inputs = describedInputs(options.inputs ?? {})
    return {
      spec: taskSpecOf(first),
      records: [...records, { type: 'task.continued', at: Date.now(), text, inputs }],
    }
  }
}
