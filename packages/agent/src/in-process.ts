import {
  type AgentDefinition,
  type AgentEvent,
  DefinitionError,
  RefusedError,
  type Sandbox,
  type TaskSpec,
  taskResultOf,
} from '@bailiwick/contract'
import {
  type Approve,
  type Delegate,
  definedGrant,
  effectiveGrant,
  type LoopOptions,
  ownTools,
  runLoop,
  taskInputs,
} from '@bailiwick/core'
import { type MemoryJournal, memoryJournal } from '@bailiwick/core/journal'
import { lazySandbox } from './lazy-sandbox.ts'
import { Models } from './models.ts'

/** Delegations may be nested this deep. */
const MAX_DEPTH = 5

/** What an agent in this process shares with its delegates. Opens each part when it is first needed. */
export class InProcess implements AsyncDisposable {
  readonly #importsFrom: string
  readonly #models = new Models(process.env)
  readonly #ownSandbox = lazySandbox()
  readonly #sandbox: Sandbox
  readonly #approve: Approve | undefined

  /**
   * @param importsFrom folder that the code's imports resolve from
   * @param approve asks a person about a call; if absent, calls that need approval are refused
   * @param sandbox runs the code; if absent, one of its own does
   */
  constructor(importsFrom: string, approve?: Approve, sandbox?: Sandbox) {
    this.#importsFrom = importsFrom
    this.#approve = approve
    this.#sandbox = sandbox ?? this.#ownSandbox
  }

  /**
   * Starts the loop on a task. Delegates run in this process too.
   *
   * @throws InputError if no model is found
   */
  async start(
    definition: AgentDefinition,
    spec: TaskSpec,
    journal: MemoryJournal,
    signal: AbortSignal,
  ): Promise<AsyncIterable<AgentEvent>> {
    const options: LoopOptions = {
      definition,
      spec,
      journal,
      tools: ownTools(definition),
      model: await this.#models.resolveFor(definition),
      delegate: this.#delegateOf(definition, spec),
      importsFrom: this.#importsFrom,
      sandbox: this.#sandbox,
      ...(this.#approve && { approve: this.#approve }),
      signal,
    }
    return runLoop(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ownSandbox[Symbol.asyncDispose]()
  }

  /** Starts delegates of a definition. Each call of a delegate has its own state. */
  #delegateOf(definition: AgentDefinition, parent: TaskSpec): Delegate {
    return async (request) => {
      const delegate = withModel(findDelegate(definition, request.target), definition)
      if (parent.depth >= MAX_DEPTH) {
        throw new RefusedError(`delegations are nested deeper than ${MAX_DEPTH}`)
      }
      const spec: TaskSpec = {
        run: parent.run,
        owner: parent.owner,
        task: `${parent.task}-${request.call.replace('.', '-')}`.slice(-63),
        agent: delegate.name,
        name: delegate.name,
        text: request.text,
        inputs: [...taskInputs(request.inputs), ...request.files],
        results: {},
        grant: effectiveGrant(definedGrant(delegate), { budget: request.budget }),
        seed: `${parent.seed}/${request.call}`,
        parent: { agent: definition.name, task: parent.task, call: request.call },
        depth: parent.depth + 1,
      }
      for await (const event of await this.start(delegate, spec, memoryJournal(), request.signal)) {
        if (event.type === 'record' && event.record.type === 'task.ended') return taskResultOf(event.record)
      }
      throw new RefusedError(`${delegate.name} stopped without a result`)
    }
  }
}

/** A delegate without a model uses its parent's. */
function withModel(delegate: AgentDefinition, { model, models }: AgentDefinition): AgentDefinition {
  if (delegate.model !== undefined) return delegate
  return { ...(models && { models }), ...delegate, ...(model !== undefined && { model }) }
}

function findDelegate({ delegates = [] }: AgentDefinition, name: string): AgentDefinition {
  for (const delegate of delegates)
    if (typeof delegate === 'object' && delegate.name === name) return delegate
  throw new RefusedError(`there is no delegate "${name}"`)
}

/**
 * Checks that a definition brings the code of its tools and delegates. Bare names have a meaning only on the bus.
 *
 * @throws DefinitionError that lists everything that is missing
 */
export function checkInProcess(definition: AgentDefinition): void {
  const problems = problemsOf(definition)
  if (problems.length > 0) {
    throw new DefinitionError(
      `agent "${definition.name}" cannot work in this process:\n- ${problems.join('\n- ')}`,
    )
  }
}

function problemsOf(definition: AgentDefinition): string[] {
  const { name, tools = [], delegates = [] } = definition
  const own = new Set<unknown>(ownTools(definition))
  const missing = tools
    .filter((tool) => !own.has(tool))
    .map((tool) => (typeof tool === 'string' ? tool : tool.name))
  return [
    ...missing.map(
      (tool) =>
        `tool "${tool}" of ${name} has no code here: pass what defineTool returned, or host the agent on the bus`,
    ),
    ...delegates.flatMap((delegate) =>
      typeof delegate === 'string'
        ? [
            `delegate "${delegate}" of ${name} is a name only: pass its definition, or host the agent on the bus`,
          ]
        : problemsOf(delegate),
    ),
  ]
}
