import type { JournalMessage } from './evidence.ts'

/**
 * The longest time without a record in an open run while all its processes may run, ms. It is longer than the slowest
 * detection of a death (heartbeats 6 s, a silent tool host 7 s), and shorter than the timeouts that no run should have
 * to wait for (the queue's acknowledgement time of 30 s, the 60 s of services without heartbeats).
 */
const SILENCE_BOUND_MS = 15_000
/** Everything restarts several times, so this many starts of the daemon are added. */
const STARTS = 3

/** Acts up to this long before a silence are printed with it, ms. */
const BEFORE_MS = 10_000

/** @param startMs duration of an undisturbed start of the daemon, which measures how slow the machine is */
export function silenceBound(startMs: number): number {
  return SILENCE_BOUND_MS + STARTS * startMs
}

/** A time in which a process was stopped or absent, Unix milliseconds. */
export interface Disturbance {
  from: number
  to: number
  what: string
}

export interface Silence {
  run: string
  from: number
  to: number
  /** Its length without the times of disturbances, ms. */
  unexplainedMs: number
  /** The records before and after it. */
  between: string
  /** Acts during it and shortly before. */
  meanwhile: string[]
}

/** Lists the silences of open runs by the server's timestamps, the least explained first. */
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
      // An earlier act may be the reason: on a busy machine, a daemon takes a while to restart.
      meanwhile: disturbances
        .filter((one) => one.from < to && one.to > from - BEFORE_MS)
        .map((one) => `${((one.from - from) / 1_000).toFixed(1)} s: ${one.what}`),
    })
  }
  return found.sort((a, b) => b.unexplainedMs - a.unexplainedMs)
}

/** One line for the silence, and one for each act. */
export function describeSilence({ run, from, to, unexplainedMs, between, meanwhile }: Silence): string {
  const [whole, unexplained] = [to - from, unexplainedMs].map((ms) => (ms / 1_000).toFixed(1))
  return [
    `${run}: ${whole} s (${unexplained} s of them with no process stopped) between ${between}`,
    ...meanwhile,
  ].join('\n    ')
}

export function judgeSilences(found: readonly Silence[], boundMs: number): string[] {
  return found
    .filter(({ unexplainedMs }) => unexplainedMs > boundMs)
    .map((silence) => `silent for longer than ${(boundMs / 1_000).toFixed(1)} s: ${describeSilence(silence)}`)
}

/** The part of a time span that other spans cover. They may overlap. */
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
