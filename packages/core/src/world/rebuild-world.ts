import {
  errorText,
  hasCode,
  SandboxError,
  type Session,
  type StepHost,
  type World,
} from '@bailiwick/contract'
import type { StepState } from '../journal/task-world.ts'
import type { CodeTask } from './code-task.ts'
import { checkWorld, recordedRequest } from './recorded-world.ts'

/**
 * Rebuilds the world as it was before the step `current`: restores the newest checkpoint that fits, and executes
 * every later step again with its recorded inputs. If a checkpoint diverges, starts from the first step.
 *
 * @throws DivergedError if the journal itself diverges
 */
export async function rebuildWorld(task: CodeTask, world: World, current: StepState): Promise<Session> {
  const { sandbox, state, signal } = task
  if (sandbox === undefined) throw new SandboxError('level 5 runs code: pass a sandbox to the loop')
  for (;;) {
    const session = await sandbox.open({ ...world, checkpoints: state.checkpoints }, signal)
    for (const { step, reason } of session.restored?.refused ?? []) refuse(task, step, reason)
    try {
      await replaySteps(task, session, current)
      return session
    } catch (error) {
      await session[Symbol.asyncDispose]()
      if (!refuseRestored(task, session, error)) throw error
    }
  }
}

/**
 * If a session that was restored from a checkpoint diverges, the checkpoint may be the cause: journals that it is
 * refused and returns true. The caller rebuilds the world without it.
 */
export function refuseRestored(task: CodeTask, session: Session | undefined, error: unknown): boolean {
  const step = session?.restored?.step
  if (step === undefined || !hasCode(error, 'diverged')) return false
  refuse(task, step, errorText(error))
  return true
}

function refuse(task: CodeTask, step: number, reason: string): void {
  task.record({ type: 'step.checkpoint-refused', at: task.now(), step, reason })
}

async function replaySteps({ state, signal, now }: CodeTask, session: Session, current: StepState) {
  const after = Math.max(state.worldLostAfter, session.restored?.step ?? 0)
  for (const step of state.steps) {
    const request = recordedRequest(step)
    if (step === current || step.step <= after || request === undefined) continue
    const seen = await session.execute(request, silentHost(signal, now))
    signal.throwIfAborted()
    checkWorld(state, step, seen)
  }
}

/** The host of a step that is only replayed: makes no calls. */
export function silentHost(signal: AbortSignal, now: () => number = Date.now): StepHost {
  return {
    signal,
    now,
    call: async ({ id }) => ({ id, ms: 0, ok: false, reason: 'canceled', message: 'the step has ended' }),
  }
}
