import {
  hasCode,
  InputError,
  type JournalRecord,
  type Sandbox,
  type Session,
  type StepHost,
} from '@bailiwick/contract'
import { foldRecords } from '../journal/fold-records.ts'
import type { StepState, TaskState } from '../journal/task-state.ts'
import { checkWorld } from './check-world.ts'
import { recordedRequest, type WorldOptions, worldOf } from './recorded-world.ts'

export interface ReplayOptions extends WorldOptions {
  /** A task's whole journal, or any prefix of it. */
  records: readonly JournalRecord[]
  sandbox: Sandbox
  signal?: AbortSignal
}

/** One step of a task's code, executed again. */
export interface ReplayedStep {
  step: number
  code: string
  /** `same`: it asked for what was recorded, and left the same world. `undone`: so was it then. */
  status: 'same' | 'diverged' | 'undone'
  /** Where it went another way. */
  message?: string
  printed: string
  preview: string
  turns: number
  ms: number
}

/**
 * Executes the code of a journaled task again, in a world of its own, on the inputs that were recorded: no
 * model is asked and no tool is called. Ends at the first step that goes another way.
 *
 * @throws InputError where the journal holds no code
 * @example
 * for await (const { step, status } of replayTask({ records, sandbox })) console.log(step, status)
 */
export async function* replayTask(options: ReplayOptions): AsyncGenerator<ReplayedStep> {
  const { records, sandbox, signal = new AbortController().signal } = options
  const state = foldRecords(records)
  const steps = state.steps.filter(({ code, step }) => code !== undefined && step > state.worldLostAfter)
  if (steps.length === 0) throw new InputError(`task ${state.spec.task} has run no code: nothing to replay`)
  await using session = await sandbox.open(worldOf(state, options), signal)
  for (const step of steps) {
    const replayed = await replayStep(session, step, state, signal)
    yield replayed
    if (replayed.status === 'diverged') return
  }
}

async function replayStep(
  session: Session,
  step: StepState,
  state: TaskState,
  signal: AbortSignal,
): Promise<ReplayedStep> {
  const request = recordedRequest(step)
  const recorded = { inputs: [], turns: [], ...request?.recorded, ended: true }
  const began = performance.now()
  const base = { step: step.step, code: request?.code ?? '', turns: recorded.turns.length }
  try {
    const again = { code: '', clock: 0, ...request, step: step.step, recorded }
    const seen = await session.execute(again, silentHost(signal))
    const ms = performance.now() - began
    const shown = { ...base, printed: seen.printed, preview: seen.preview, ms }
    if (step.voided !== undefined) return { ...shown, status: 'undone' }
    checkWorld(state, step, seen)
    return { ...shown, status: 'same' }
  } catch (error) {
    if (!hasCode(error, 'diverged')) throw error
    const { message } = error as Error
    return { ...base, status: 'diverged', message, printed: '', preview: '', ms: performance.now() - began }
  }
}

/** Nothing leaves a step that is only executed again. */
export function silentHost(signal: AbortSignal, now: () => number = Date.now): StepHost {
  return {
    signal,
    now,
    call: async ({ id }) => ({ id, ms: 0, ok: false, reason: 'canceled', message: 'the step has ended' }),
  }
}
