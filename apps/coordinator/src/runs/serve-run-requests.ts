import { type Bus, listDead, OPERATOR, purgeRun, retryDead, serveRuns } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import { showTask } from './fold/read-task.ts'
import { admitOwn, bringResults, requireOperator, requireOwn } from './run-ownership.ts'
import type { Runs } from './runs.ts'

/** Answers requests about runs until disposed: the operator's about all, a named user's about its own. */
export function serveRunRequests(
  bus: Bus,
  runs: Runs,
  status: () => Record<string, unknown>,
): Promise<AsyncDisposable> {
  return serveRuns(bus, {
    submit: async (request, by) => runs.submit(await admitOwn(bus, runs, request, by), by),
    async cancel(request, by) {
      await requireOwn(runs, request.run, by)
      return runs.cancel(request, by)
    },
    async decide(request, by) {
      await requireOwn(runs, request.run, by)
      return runs.decide(request, by)
    },
    async get({ run }, by) {
      await requireOwn(runs, run, by)
      return bringResults(bus, await runs.get(run), by)
    },
    list: async ({ limit }, by) => runs.list(limit, by === OPERATOR ? undefined : by),
    async journal({ run, task }, by) {
      await requireOwn(runs, run, by)
      return showTask(bus, run, task)
    },
    async dead(_, by) {
      requireOperator('the list of dead letters', by)
      return { dead: await listDead(bus) }
    },
    async retry({ task }, by) {
      requireOperator('giving out a dead letter again', by)
      return { task: (await retryDead(bus, task)).task }
    },
    async status(_, by) {
      requireOperator('the state of the daemon', by)
      return status()
    },
    async purge({ run }, by) {
      await requireOwn(runs, run, by)
      runs.forget(run)
      const messages = await purgeRun(bus, run)
      if (messages === 0) throw new InputError(`no run ${run}; "bailiwick runs" lists those there are`)
      return { run, messages }
    },
  })
}
