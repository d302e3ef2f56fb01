import { hasCode, SandboxError, type Session, type World } from '@bailiwick/contract'
import type { StepState } from '../journal/task-state.ts'
import { checkWorld } from './check-world.ts'
import type { CodeTask } from './code-task.ts'
import { recordedRequest } from './recorded-world.ts'
import { silentHost } from './replay-task.ts'

/**
 * The world as it was before `current`: from the newest checkpoint that fits, and every later step's code
 * again with what was delivered to it. Where a checkpoint leads elsewhere, from the first step.
 *
 * @throws DivergedError where the journal itself leads elsewhere
 */
export async function rebuildWorld(task: CodeTask, world: World, current: StepState): Promise<Session> {
  const { sandbox, state, signal } = task
  if (sandbox === undefined) throw new SandboxError('level 5 runs code: give the loop a sandbox')
  for (;;) {
    const session = await sandbox.open({ ...world, checkpoints: state.checkpoints }, signal)
    for (const { step, why } of session.restored?.refused ?? []) refuse(task, step, why)
    try {
      await replaySteps(task, session, current)
      return session
    } catch (error) {
      await session[Symbol.asyncDispose]()
      if (!refuseRestored(task, session, error)) throw error
    }
  }
}

/** Whether a divergence may be a checkpoint's fault: it is not tried again then, and the world to be rebuilt. */
export function refuseRestored(task: CodeTask, session: Session | undefined, error: unknown): boolean {
  const step = session?.restored?.step
  if (step === undefined || !hasCode(error, 'diverged')) return false
  refuse(task, step, (error as Error).message)
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
