import { BUCKETS, type Bus, putEntry, type RunSummary, readEntries, readEntry } from '@bailiwick/bus'
import { statusSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** Entries to write at the same time. */
const MAX_WRITES = 256

const storedTaskSchema = z.object({
  task: z.string(),
  agent: z.string(),
  created: z.number(),
  host: z.string().exactOptional(),
  deadline: z.number().exactOptional(),
  parent: z.object({ task: z.string(), call: z.string() }).exactOptional(),
  asked: z.array(z.string()).exactOptional(),
  decided: z.array(z.string()).exactOptional(),
  waiting: z.array(z.string()).exactOptional(),
})

const storedRunSchema = z.object({
  v: z.literal(1),
  run: z.string(),
  /** Sequence of the last append to any journal that the entry takes into account. */
  position: z.number().int(),
  status: statusSchema,
  text: z.string(),
  submittedAt: z.number(),
  owner: z.string(),
  endedAt: z.number().exactOptional(),
  /** The rest only of runs that have not ended. */
  driver: z.string().exactOptional(),
  deadline: z.number().exactOptional(),
  waitsSince: z.number().exactOptional(),
  sequence: z.number().int().exactOptional(),
  direct: z.boolean().exactOptional(),
  due: z.boolean().exactOptional(),
  canceled: z.literal(true).exactOptional(),
  unreadable: z.literal(true).exactOptional(),
  tasks: z.array(storedTaskSchema).exactOptional(),
})

/** The entry of a run in the bucket `runs`: derived from the journals, so that a start need not read all of them. */
export type StoredRun = z.infer<typeof storedRunSchema>

/** An entry; undefined if the value is something else. */
function parseStoredRun(value: unknown): StoredRun | undefined {
  return storedRunSchema.safeParse(value).data
}

/** Every entry. */
export async function* readStoredRuns(bus: Bus, signal: AbortSignal): AsyncGenerator<StoredRun> {
  for await (const { value } of readEntries(bus, BUCKETS.runs, parseStoredRun, signal)) yield value
}

/** The summary of a run; undefined if it has no entry. */
export async function readSummary(bus: Bus, run: string): Promise<RunSummary | undefined> {
  const { value } = await readEntry(bus, BUCKETS.runs, run, parseStoredRun)
  if (value === undefined) return undefined
  const { status, text, submittedAt, owner, endedAt } = value
  return { run, status, text, submittedAt, owner, ...(endedAt !== undefined && { endedAt }) }
}

/** Writes entries. */
export async function writeStoredRuns(
  bus: Bus,
  runs: readonly StoredRun[],
  signal: AbortSignal,
): Promise<void> {
  for (let begin = 0; begin < runs.length; begin += MAX_WRITES) {
    const some = runs.slice(begin, begin + MAX_WRITES)
    await Promise.all(some.map((run) => putEntry(bus, BUCKETS.runs, run.run, run, { signal })))
  }
}

const checkpointSchema = z.object({ v: z.literal(1), position: z.number().int().nonnegative() })

/** The sequence up to which the entries and the events are complete; undefined if there is no checkpoint. */
export async function readPosition(bus: Bus): Promise<number | undefined> {
  const parse = (value: unknown) => checkpointSchema.safeParse(value).data
  return (await readEntry(bus, BUCKETS.coordinators, 'projector', parse)).value?.position
}
