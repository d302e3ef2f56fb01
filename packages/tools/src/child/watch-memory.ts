import { readFile } from 'node:fs/promises'

const EVERY_MS = 50

/**
 * Calls back once when a process uses more resident memory than it may, until the returned function is
 * called. SQLite as Node builds it keeps no account of its memory, so its own heap limit does nothing.
 * Watches on Linux only.
 */
export function watchMemory(pid: number | undefined, limit: number, onExceeded: () => void): () => void {
  if (pid === undefined || process.platform !== 'linux') return () => {}
  const timer = setInterval(async () => {
    if ((await residentBytes(pid)) <= limit) return
    clearInterval(timer)
    onExceeded()
  }, EVERY_MS)
  return () => clearInterval(timer)
}

async function residentBytes(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    // The process has ended between two looks.
    return 0
  }
}
