import { setTimeout as sleep } from 'node:timers/promises'
import { kindOf, processesOf } from './processes.ts'
import type { seeded } from './seeded.ts'
import type { Stage } from './stage.ts'

const KINDS = ['host', 'host', 'sandbox', 'daemon', 'toolbox', 'nats-server', 'tool host'] as const
/** Longest pause between two acts, and longest time for which something is stopped, ms. */
const PAUSE_MS = 600
const STOPPED_MS = 1_500

/** Kills and stops what runs on a stage, one thing after the other, until aborted. @returns what it did */
export async function sabotage(
  stage: Stage,
  random: ReturnType<typeof seeded>,
  signal: AbortSignal,
): Promise<string[]> {
  const done: string[] = []
  const began = Date.now()
  while (!signal.aborted) {
    await sleep(100 + random.below(PAUSE_MS))
    const kind = random.of(KINDS)
    const stops = random.next() < 0.25
    const stopMs = 100 + random.below(STOPPED_MS)
    const victims = processesOf(stage.folder).filter((one) => kindOf(one) === kind)
    const victim = victims[random.below(Math.max(1, victims.length))]
    if (victim === undefined || signal.aborted) continue
    done.push(
      `${((Date.now() - began) / 1_000).toFixed(1)} s: ${stops ? `${kind} stopped for ${stopMs} ms` : `${kind} killed`}`,
    )
    if (!send(victim.pid, stops ? 'SIGSTOP' : 'SIGKILL')) continue
    if (stops) {
      await sleep(stopMs)
      send(victim.pid, 'SIGCONT')
    }
    // One that is dying is still there: whoever looks at once sees a daemon, and starts none.
    else while (processesOf(stage.folder).some(({ pid }) => pid === victim.pid)) await sleep(20)
    await stage.mend()
  }
  return done
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false // Gone meanwhile.
  }
}
