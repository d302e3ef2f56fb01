import { sendControl } from '@bailiwick/bus'
import type { RunContext } from '../fold/run-context.ts'
import { openAttempts } from '../fold/run-state.ts'
import { endTask } from './end-task.ts'

/** How long tasks get to end by themselves when their run ends. Milliseconds. */
const CANCEL_MS = 3_000

/** Stops whatever of a run is still at work, delegates included: a run that has ended works on nothing. */
export async function stopTasks(context: RunContext, reason: string): Promise<void> {
  const { bus, log, watch, signal } = context
  const dispatched = openAttempts(log.state).map(({ task, agent, own }): [string, string] => [
    task,
    own ? 'coordinator' : agent,
  ])
  const followed = [...watch.tasks.values()]
    .filter(({ ended }) => ended === undefined)
    .map(({ created, writer }): [string, string] => [created.task, writer])
  await Promise.all(
    [...new Map([...dispatched, ...followed])].map(async ([task, writer]) => {
      // A task of the coordinator's own stopped with the signal.
      const isOwn = writer === 'coordinator'
      const told = isOwn ? [] : await sendControl(bus, writer, 'cancel', { task, reason }, { signal })
      if (told.some(({ done }) => done)) {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(CANCEL_MS)])
        await watch.end(task, patience).catch(() => {})
      }
      const canceled = { status: 'canceled', error: { code: 'canceled', message: reason } } as const
      await endTask(bus, { writer, run: log.run, task }, canceled)
    }),
  )
}
