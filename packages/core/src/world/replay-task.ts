import {
  errorText,
  hasCode,
  InputError,
  type JournalRecord,
  type Sandbox,
  type Session,
} from '@bailiwick/contract'
import type { StepState, TaskWorld } from '../journal/task-world.ts'
import { foldTaskWorld } from '../journal/task-world.ts'
import type { WorldOptions } from './code-task.ts'
import { silentHost } from './rebuild-world.ts'
import { checkWorld, recordedRequest, worldOf } from './recorded-world.ts'

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
  /** `same`: the step made the recorded calls and left the recorded world. `voided`: a turn of the recorded step was voided. */
  status: 'same' | 'diverged' | 'voided'
  /** Where a diverged step differs from its record. */
  message?: string
  printed: string
  preview: string
  turns: number
  ms: number
}

/**
 * Executes a journaled task's code again, in its own world and on the recorded inputs. Asks no model and calls no
 * tool. Ends after the first step that diverges.
 *
 * @throws InputError if the journal holds no code
 * @example
 * for await (const { step, status } of replayTask({ records, sandbox })) console.log(step, status)
 */
export async function* replayTask(options: ReplayOptions): AsyncGenerator<ReplayedStep> {
  const { records, sandbox, signal = new AbortController().signal } = options
  const state = foldTaskWorld(records)
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
  state: TaskWorld,
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
    if (step.voided !== undefined) return { ...shown, status: 'voided' }
    checkWorld(state, step, seen)
    return { ...shown, status: 'same' }
  } catch (error) {
    if (!hasCode(error, 'diverged')) throw error
    const ms = performance.now() - began
    return { ...base, status: 'diverged', message: errorText(error), printed: '', preview: '', ms }
  }
}
