import {
  type Bus,
  listDead,
  openJournal,
  purgeRun,
  retryDead,
  STREAMS,
  SUBJECTS,
  serveRuns,
} from '@bailiwick/bus'
import { InputError, type JournalRecord } from '@bailiwick/core/contract'
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

async function readTask(bus: Bus, run: string, task: string): Promise<JournalRecord[]> {
  const subject = SUBJECTS.journal('*', run, task)
  const { state } = await bus.jsm.streams.info(STREAMS.journal, { subjects_filter: subject })
  const found = Object.keys(state.subjects ?? {})[0]
    ?.split('.')
    .at(-3)
  if (found === undefined)
    throw new InputError(`run ${run} has no task ${task}; "bailiwick show ${run}" lists them`)
  const records: JournalRecord[] = []
  for await (const record of openJournal(bus, { writer: found, run, task }).read()) records.push(record)
  return records
}
