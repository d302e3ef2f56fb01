import type { JournalMessage } from './evidence.ts'

/**
 * The longest time for which nothing may happen in an open run, while everything that it needs may run, ms: above
 * what a death costs when it is seen late (heartbeats 6 s, a tool host that falls silent 7 s), and below what nobody
 * may have to wait for (the queue's acknowledgement time of 30 s, the 60 s of services that give no signs).
 */
export const SILENCE_BOUND_MS = 15_000
/** Everything is started again several times over: so many starts of the daemon come on top. */
const STARTS = 3

/** What was done so long before a silence is told with it, ms. */
const BEFORE_MS = 10_000

/** @param startMs how long a start of the daemon takes that nobody disturbs: how slow the machine is */
export function silenceBound(startMs: number): number {
  return SILENCE_BOUND_MS + STARTS * startMs
}

/** Something that was held still, or was away, for a time of its own; Unix milliseconds. */
export interface Disturbance {
  from: number
  to: number
  what: string
}

export interface Silence {
  run: string
  from: number
  to: number
  /** Its length without the times in which something was held still, ms. */
  unexplainedMs: number
  /** Between which two records. */
  between: string
  /** What was done to the stage meanwhile. */
  meanwhile: string[]
}

/** The silences of open runs, by when the server stored what happened, the least explained first. */
export function silences(
  runs: readonly string[],
  journal: readonly JournalMessage[],
  disturbances: readonly Disturbance[],
): Silence[] {
  const found: Silence[] = []
  const last = new Map<string, JournalMessage>()
  for (const message of journal) {
    const run = message.subject.split('.')[4] ?? ''
    const before = last.get(run)
    last.set(run, message)
    if (!runs.includes(run) || before === undefined) continue
    const [from, to] = [before.storedAt, message.storedAt]
    const meanwhile = disturbances.filter((one) => one.from < to && one.to > from)
    found.push({
      run,
      from,
      to,
      unexplainedMs: to - from - covered(from, to, meanwhile),
      between: `${lastOf(before)} and ${firstOf(message)}`,
      // What was done before may be why: on a busy machine a daemon takes its time to be there again.
      meanwhile: disturbances
        .filter((one) => one.from < to && one.to > from - BEFORE_MS)
        .map((one) => `${((one.from - from) / 1_000).toFixed(1)} s: ${one.what}`),
    })
  }
  return found.sort((a, b) => b.unexplainedMs - a.unexplainedMs)
}

/** One line, and one for each thing that was done meanwhile. */
export function tellSilence({ run, from, to, unexplainedMs, between, meanwhile }: Silence): string {
  const [whole, unexplained] = [to - from, unexplainedMs].map((ms) => (ms / 1_000).toFixed(1))
  return [
    `${run}: ${whole} s (${unexplained} s of them with nothing held still) between ${between}`,
    ...meanwhile,
  ].join('\n    ')
}

export function judgeSilences(found: readonly Silence[], boundMs: number): string[] {
  return found
    .filter(({ unexplainedMs }) => unexplainedMs > boundMs)
    .map((silence) => `silent for longer than ${(boundMs / 1_000).toFixed(1)} s: ${tellSilence(silence)}`)
}

/** How much of a time is covered by others, which may overlap. */
function covered(from: number, to: number, others: readonly Disturbance[]): number {
  let [sum, until] = [0, from]
  for (const other of [...others].sort((a, b) => a.from - b.from)) {
    const begin = Math.max(other.from, until)
    const end = Math.min(other.to, to)
    if (end > begin) sum += end - begin
    until = Math.max(until, end)
  }
  return sum
}

function lastOf({ subject, records = [] }: JournalMessage): string {
  return `${subject.split('.')[5]} ${records.at(-1)?.type}`
}

function firstOf({ subject, records = [] }: JournalMessage): string {
  return `${subject.split('.')[5]} ${records[0]?.type}`
}
