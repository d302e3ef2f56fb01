import { setTimeout as sleep } from 'node:timers/promises'
import { type Kind, kindOf, processesOf } from '../stage/processes.ts'
import { type Act, type Deed, LONG_STOP_MS } from './act.ts'
import type { seeded } from './seeded.ts'

const KINDS = ['host', 'host', 'sandbox', 'daemon', 'toolbox', 'nats-server', 'tool host'] as const
/** Who is asked to end in order; the others are only killed. */
const TERMINATED: readonly Kind[] = ['daemon', 'host']
/** Longest pause between two acts, and longest time of a short stop, ms. */
const PAUSE_MS = 600
const SHORT_STOP_MS = 1_500

/**
 * Kills, ends and stops what runs in a folder, one thing after the other, until aborted. Things that are stopped
 * for long are left so while others die; at the end all go on.
 *
 * @returns what it did, in order
 */
export async function sabotage(
  folder: string,
  random: ReturnType<typeof seeded>,
  signal: AbortSignal,
): Promise<Act[]> {
  const acts: Act[] = []
  const stopped = new Map<number, Promise<void>>()
  while (!signal.aborted) {
    await sleep(100 + random.below(PAUSE_MS))
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
    if (stopMs < LONG_STOP_MS.least) await over
  }
  await Promise.all(stopped.values())
  return acts
}

const SIGNALS = { killed: 'SIGKILL', terminated: 'SIGTERM', stopped: 'SIGSTOP' } as const

/** Always the same number of draws, so that what is done does not depend on what was there. */
function drawDeed(kind: Kind | undefined, random: ReturnType<typeof seeded>): { deed: Deed; stopMs: number } {
  const [which, long] = [random.next(), random.next() < 0.5]
  const stopMs = long
    ? LONG_STOP_MS.least + random.below(LONG_STOP_MS.most - LONG_STOP_MS.least)
    : 100 + random.below(SHORT_STOP_MS)
  if (which < 0.25) return { deed: 'stopped', stopMs }
  const terminated = which < 0.45 && kind !== undefined && TERMINATED.includes(kind)
  return { deed: terminated ? 'terminated' : 'killed', stopMs }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false // Gone meanwhile.
  }
}
