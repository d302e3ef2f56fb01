import { setTimeout as sleep } from 'node:timers/promises'
import { isSameProcess, isStillRunning, type ProcessIdentity } from '@bailiwick/nats-server/process-identity'

/**
 * Ends a process and its process group: SIGTERM, then SIGKILL after `graceMs` milliseconds. Kills the group even if its
 * leader has already ended, because a host that crashes must not leave its sandbox behind.
 */
export async function endProcess(child: ProcessIdentity, graceMs: number): Promise<void> {
  if (isSameProcess(child)) {
    send(child.pid, 'SIGTERM')
    // A stopped process acts on it only when it continues.
    if (process.platform !== 'win32') send(child.pid, 'SIGCONT')
    const until = performance.now() + graceMs
    while (isStillRunning(child) && performance.now() < until) await sleep(20)
  }
  killGroup(child.pid)
  while (isSameProcess(child)) {
    send(child.pid, 'SIGKILL')
    await sleep(20)
  }
}

/** Kills the remaining processes of a group whose leader has ended. */
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
