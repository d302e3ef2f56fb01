import { type Bus, listDead, purgeRun, retryDead, serveRuns } from '@bailiwick/bus'
import { readTask } from '../act/read-task.ts'
import type { Runs } from './runs.ts'

/** Answers requests about runs until disposed. */
export function serveRunRequests(
  bus: Bus,
  runs: Runs,
  status: () => Record<string, unknown>,
): Promise<AsyncDisposable> {
  return serveRuns(bus, {
    submit: (request) => runs.submit(request),
    cancel: (request) => runs.cancel(request),
    answer: (request) => runs.answer(request),
    get: ({ run }) => runs.get(run),
    list: async ({ limit }) => runs.list(limit),
    journal: async ({ run, task }) => ({ records: await readTask(bus, run, task) }),
    dead: async () => ({ dead: await listDead(bus) }),
    retry: async ({ task }) => ({ task: (await retryDead(bus, task)).task }),
    status: async () => status(),
    async purge({ run }) {
      runs.forget(run)
      return { run, messages: await purgeRun(bus, run) }
    },
  })
}
