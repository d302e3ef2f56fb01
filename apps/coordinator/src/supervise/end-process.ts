import { setTimeout as sleep } from 'node:timers/promises'
import { livesStill } from '../config/process-mark.ts'

/**
 * Ends a process and whatever is in its process group: SIGTERM, then SIGKILL after `graceMs`. The group is
 * killed also where its leader ended by itself: a host that crashed must not leave its sandbox behind.
 */
export async function endProcess(child: { pid: number; mark: string }, graceMs: number): Promise<void> {
  if (livesStill(child)) {
    send(child.pid, 'SIGTERM')
    const until = Date.now() + graceMs
    while (livesStill(child) && Date.now() < until) await sleep(20)
  }
  killGroup(child.pid)
  while (livesStill(child)) {
    send(child.pid, 'SIGKILL')
    await sleep(20)
  }
}

/** Kills what is left of a process group after its leader has ended. */
export function killGroup(pid: number): void {
  if (process.platform !== 'win32' && pid > 1) send(-pid, 'SIGKILL')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
