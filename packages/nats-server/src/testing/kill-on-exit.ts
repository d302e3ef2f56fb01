const pids = new Set<number>()
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Kills another process when this one exits or a signal ends it: a test runner ends a worker with SIGTERM, also if
 * a test in it timed out and never disposed of its server.
 *
 * @returns a function that cancels this. Call it when the process has ended, because its id may be reused
 */
export function killOnExit(pid: number): () => void {
  if (pids.size === 0) {
    process.on('exit', killAll)
    for (const signal of SIGNALS) process.on(signal, killAllAndEnd)
  }
  pids.add(pid)
  return () => {
    if (pids.delete(pid) && pids.size === 0) stopListening()
  }
}

function killAll(): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has just ended.
    }
  }
  pids.clear()
}

function killAllAndEnd(signal: NodeJS.Signals): void {
  killAll()
  stopListening()
  // Our listener suppressed the signal's default action. Send it again, unless another listener handles it.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

function stopListening(): void {
  process.off('exit', killAll)
  for (const signal of SIGNALS) process.off(signal, killAllAndEnd)
}
