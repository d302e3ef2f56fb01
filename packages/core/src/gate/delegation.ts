import type {
  ArtifactRef,
  Budget,
  CallContext,
  CallFailure,
  DelegateCard,
  TaskInput,
  TaskResult,
  Usage,
} from '@bailiwick/contract'
import type { TaskWorld } from '../journal/task-world.ts'
import type { TaskBudget } from './budget.ts'
import { passOn } from './pass-on.ts'

/** A call to an agent that the gate has admitted. */
export interface DelegateRequest {
  /** The call's id within the parent's task. Two requests with one id are one delegation. */
  call: string
  /** Idempotency key: task and call. */
  key: string
  run: string
  /** The parent's task. */
  task: string
  /** The agent to start. */
  target: string
  /** The text of the child's task. */
  text: string
  /** Values by name, for the child. */
  inputs: Record<string, unknown>
  /** Inputs that refer to files. */
  files: TaskInput[]
  /** The child's part of the parent's budget. What the child does not use goes back to the parent. */
  budget: Budget
  /**
   * Ends the delegation, unless its reason has the code `suspended`: then the next attempt of the parent asks for the
   * same delegation again.
   */
  signal: AbortSignal
}

/**
 * Starts an agent and resolves with its result, whatever its status. Rejects if the agent could not be started.
 *
 * @param atWork call it when the agent is known to be at work: before that, the parent is not left
 */
export type Delegate = (request: DelegateRequest, atWork: () => void) => Promise<TaskResult>

/** A call that failed, in words for the model. */
export type Failure = {
  ok: false
  reason: CallFailure
  message: string
  transient?: true
  value?: unknown
}

/** How a call ended. */
export type Ending = { ok: true; value: unknown; usage?: Usage; artifacts?: ArtifactRef[] } | Failure

/** Starts a delegate on part of the task's budget, and waits for its result. */
export async function callDelegate(
  options: {
    delegate?: ((request: DelegateRequest) => Promise<TaskResult>) | undefined
    state: TaskWorld
    budget: TaskBudget
    now(): number
  },
  { name }: DelegateCard,
  args: unknown,
  context: CallContext,
): Promise<Ending> {
  if (options.delegate === undefined) {
    return { ok: false, reason: 'refused', message: `${name} cannot be started: this host starts no agents` }
  }
  const { task: text, inputs = {} } = args as { task: string; inputs?: Record<string, unknown> }
  const passed = passOn(inputs, options.state)
  if (typeof passed === 'string')
    return { ok: false, reason: 'error', message: `${name} was not started: ${passed}` }
  const { id: call, key, run, task, signal } = context
  try {
    const budget = options.budget.reserve(call, options.now())
    const request = { call, key, run, task, target: name, text, ...passed, budget, signal }
    return endingOf(name, await options.delegate(request))
  } finally {
    options.budget.release(call)
  }
}

/**
 * A delegate's result is the call's value whatever its status, because the caller can look at it. Only a delegate
 * whose model did not reply is a failed call.
 */
function endingOf(name: string, result: TaskResult): Ending {
  const { status, output, error, usage, artifacts } = result
  if (status === 'failed' && error?.code.startsWith('model-')) {
    return {
      ok: false,
      reason: 'error',
      message:
        error.code === 'model-unable'
          ? `${name} failed: ${error.message}`
          : `${name} failed, its model gave no reply: ${error.message}`,
      value: result,
    }
  }
  const files = artifacts.map((artifact) => artifact.name)
  const value = { status, output, ...(error && { error }), ...(files.length > 0 && { files }) }
  return { ok: true, value, usage, ...(artifacts.length > 0 && { artifacts }) }
}
