import { hasCode, SandboxError, type Session, type World } from '@bailiwick/contract'
import type { StepState } from '@bailiwick/task-journal'
import type { TaskRun } from '../loop/task-run.ts'
import { checkWorld } from './check-world.ts'
import { silentHost } from './replay-task.ts'
import { recordedRequest } from './world-of.ts'

/**
 * The world as it was before `current`: from the newest checkpoint that fits, and every later step's code
 * again with what was delivered to it. Where a checkpoint leads elsewhere, from the first step.
 *
 * @throws DivergedError where the journal itself leads elsewhere
 */
export async function rebuildWorld(
  run: TaskRun,
  world: Omit<World, 'checkpoints'>,
  current: StepState,
): Promise<Session> {
  const { options, state, signal } = run
  if (options.sandbox === undefined) throw new SandboxError('level 5 runs code: give the loop a sandbox')
  for (;;) {
    const session = await options.sandbox.open({ ...world, checkpoints: state.checkpoints }, signal)
    for (const { step, why } of session.restored?.refused ?? []) refuse(run, step, why)
    try {
      await replaySteps(run, session, current)
      return session
    } catch (error) {
      await session[Symbol.asyncDispose]()
      if (!refuseRestored(run, session, error)) throw error
    }
  }
}

/** Whether a divergence may be a checkpoint's fault: it is not tried again then, and the world to be rebuilt. */
export function refuseRestored(run: TaskRun, session: Session | undefined, error: unknown): boolean {
  const step = session?.restored?.step
  if (step === undefined || !hasCode(error, 'diverged')) return false
  refuse(run, step, (error as Error).message)
  return true
}

function refuse(run: TaskRun, step: number, why: string): void {
  run.record({ type: 'checkpoint.refused', at: run.now(), step, why })
}

async function replaySteps({ state, signal, now }: TaskRun, session: Session, current: StepState) {
  const after = Math.max(state.worldLostAfter, session.restored?.step ?? 0)
  for (const step of state.steps) {
    const request = recordedRequest(step)
    if (step === current || step.step <= after || request === undefined) continue
    const seen = await session.execute(request, silentHost(signal, now))
    signal.throwIfAborted()
    checkWorld(state, step, seen)
  }
}
