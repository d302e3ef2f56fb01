import { type Bus, listDead, OPERATOR, retryDead, serveRuns } from '@bailiwick/bus'
import type { DaemonStatus } from '../daemon-status.ts'
import { requireOperator, requireOwn, requireOwnSubmission } from './run-ownership.ts'
import type { Runs } from './runs.ts'
import { readTaskLeniently } from './state/read-journals.ts'

/** Serves requests about runs until disposed: the operator's about all runs, a named user's about its own. */
export function serveRunRequests(bus: Bus, runs: Runs, status: () => DaemonStatus): Promise<AsyncDisposable> {
  return serveRuns(bus, {
    async submit(request, by) {
      await requireOwnSubmission(bus, runs, request, by)
      return runs.submit(request, by)
    },
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
      return runs.get(run)
    },
    list: async ({ limit }, by) => runs.list(limit, by === OPERATOR ? undefined : by),
    async journal({ run, task }, by) {
      await requireOwn(runs, run, by)
      return readTaskLeniently(bus, run, task)
    },
    async dead(_, by) {
      requireOperator('The list of dead letters', by)
      return { dead: await listDead(bus) }
    },
    async retry({ task }, by) {
      requireOperator('Retrying a dead letter', by)
      return { task: (await retryDead(bus, task)).task }
    },
    async status(_, by) {
      requireOperator("The daemon's status", by)
      return status()
    },
    async purge({ run }, by) {
      await requireOwn(runs, run, by)
      return { run, messages: await runs.purge(run) }
    },
  })
}
