import { type Bus, ringTask } from '@bailiwick/bus'
import { hasCode, type TaskSpec } from '@bailiwick/contract'
import { endTask } from './end-task.ts'

/** Rings for a task. One that the full queue does not take ends as `rejected`: it waits for nobody. */
export async function ringOrReject(
  bus: Bus,
  { agent, run, task }: Pick<TaskSpec, 'agent' | 'run' | 'task'>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await ringTask(bus, { agent, run, task, ring: Date.now() }, signal)
  } catch (error) {
    if (!hasCode(error, 'queue-full')) throw error
    const ending = { status: 'rejected', error: { code: 'queue-full', message: error.message } } as const
    await endTask(bus, { writer: agent, run, task }, ending)
  }
}
