import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildWork } from './run-child.ts'

/** The command that starts a child with as little as it can do with. */
export function childCommand(work: Pick<ChildWork, 'entry' | 'reads' | 'addons' | 'limits'>): {
  command: string
  args: string[]
  env: Record<string, string>
} {
  const entry = fileURLToPath(work.entry)
  // The folder above the entry's holds all code of this package, its package.json is one further up.
  const own = dirname(dirname(entry))
  const reads = [own, `${dirname(own)}/package.json`, ...work.reads]
  const heapMegabytes = Math.round(work.limits.memoryBytes / 2 / 2 ** 20)
  const args = [
    '--permission',
    ...reads.map((path) => `--allow-fs-read=${path}`),
    ...(work.addons ? ['--allow-addons'] : []),
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${heapMegabytes}`,
    '--no-warnings',
    entry,
  ]
  // Dates are read and written in UTC everywhere, so that a chart says the same on every machine.
  if (process.platform === 'win32') {
    return {
      command: process.execPath,
      args,
      env: { TZ: 'UTC', SystemRoot: process.env.SystemRoot ?? '' },
    }
  }
  // Should this process be killed, nobody is left to stop a child that spins: then the kernel does.
  const seconds = Math.ceil(work.limits.timeMs / 1000) + 5
  const limited = 'ulimit -t "$0"; ulimit -c 0; exec "$@"'
  return {
    command: '/bin/sh',
    args: ['-c', limited, String(seconds), process.execPath, ...args],
    env: { TZ: 'UTC' },
  }
}
