import { setTimeout as sleep } from 'node:timers/promises'
import { type Kind, kindOf, processesOf } from '../stage/processes.ts'
import { type Act, type Deed, LONG_STOP_MS } from './act.ts'
import type { seeded } from './seeded.ts'

const KINDS = ['host', 'host', 'sandbox', 'daemon', 'toolbox', 'nats-server', 'tool host'] as const
/** Kinds that may also get SIGTERM. */
const TERMINATED: readonly Kind[] = ['daemon', 'host']
/** Longest pause between two acts, and longest short stop, ms. */
const MAX_PAUSE_MS = 600
const MAX_SHORT_STOP_MS = 1_500

/**
 * Kills, terminates and stops the processes of a folder, one after the other, until aborted. While a process is stopped
 * for long, others die. At the end, every stopped process continues.
 *
 * @returns its acts, in order
 */
export async function sabotage(
  folder: string,
  random: ReturnType<typeof seeded>,
  signal: AbortSignal,
): Promise<Act[]> {
  const acts: Act[] = []
  const stopped = new Map<number, Promise<void>>()
  while (!signal.aborted) {
    await sleep(100 + random.below(MAX_PAUSE_MS))
    const kind = random.of(KINDS)
    const { deed, stopMs } = drawDeed(kind, random)
    const victims = processesOf(folder).filter((one) => kindOf(one) === kind && !stopped.has(one.pid))
    const victim = victims[random.below(Math.max(1, victims.length))]
    if (kind === undefined || victim === undefined || signal.aborted) continue
    const from = Date.now()
    if (!send(victim.pid, SIGNALS[deed])) continue
    const act: Act = { kind, deed, pid: victim.pid, from, to: from }
    acts.push(act)
    if (deed !== 'stopped') continue
    const over = sleep(stopMs).then(() => {
      send(victim.pid, 'SIGCONT')
      act.to = Date.now()
      stopped.delete(victim.pid)
    })
    stopped.set(victim.pid, over)
    if (stopMs < LONG_STOP_MS.min) await over
  }
  await Promise.all(stopped.values())
  return acts
}

const SIGNALS = { killed: 'SIGKILL', terminated: 'SIGTERM', stopped: 'SIGSTOP' } as const

/** Always draws the same number of times, so that later acts do not depend on which processes exist. */
function drawDeed(kind: Kind | undefined, random: ReturnType<typeof seeded>): { deed: Deed; stopMs: number } {
  const [choice, isLong] = [random.next(), random.next() < 0.5]
  const stopMs = isLong
    ? LONG_STOP_MS.min + random.below(LONG_STOP_MS.max - LONG_STOP_MS.min)
    : 100 + random.below(MAX_SHORT_STOP_MS)
  if (choice < 0.25) return { deed: 'stopped', stopMs }
  const isTerminated = choice < 0.45 && kind !== undefined && TERMINATED.includes(kind)
  return { deed: isTerminated ? 'terminated' : 'killed', stopMs }
}

/** @returns false if the process has ended */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
