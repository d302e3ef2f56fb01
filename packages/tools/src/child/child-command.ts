import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SOURCE_FLAGS } from '@bailiwick/contract'
import type { ChildWork } from './run-child.ts'

/** The command that starts a child with as few rights as possible. */
export function childCommand(work: Pick<ChildWork, 'entry' | 'packages' | 'addons' | 'limits'>): {
  command: string
  args: string[]
  env: Record<string, string>
} {
  const entry = fileURLToPath(work.entry)
  const heapMegabytes = Math.round(work.limits.memoryBytes / 2 / 2 ** 20)
  const args = [
    ...SOURCE_FLAGS,
    '--permission',
    ...readableFolders(entry, work.packages).map((path) => `--allow-fs-read=${path}`),
    ...(work.addons ? ['--allow-addons'] : []),
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${heapMegabytes}`,
    '--no-warnings',
    entry,
  ]
  // All dates are read and written in UTC, so that a chart is the same on every machine.
  if (process.platform === 'win32') {
    return {
      command: process.execPath,
      args,
      env: { TZ: 'UTC', SystemRoot: process.env.SystemRoot ?? '' },
    }
  }
  // If this process is killed, nothing here can stop a child that spins. The kernel's limit does.
  const seconds = Math.ceil(work.limits.timeMs / 1000) + 5
  const limited = 'ulimit -t "$0"; ulimit -c 0; exec "$@"'
  return {
    command: '/bin/sh',
    args: ['-c', limited, String(seconds), process.execPath, ...args],
    env: { TZ: 'UTC' },
  }
}

/**
 * The folders that a child must read to load its code and the packages that it names: each package in the workspace, and
 * each `node_modules` on the way up. They hold published code, nothing of a run or a user.
 */
function readableFolders(entry: string, packages: readonly string[]): string[] {
  const files = [import.meta.url, ...packages.map((name) => import.meta.resolve(name))].map((url) =>
    fileURLToPath(url),
  )
  return [...new Set([entry, ...files].flatMap(foldersAbove))]
}

function foldersAbove(file: string): string[] {
  const parts = file.split(sep)
  const folders = parts.includes('node_modules') ? [] : [packageRoot(file)]
  // Node looks for a package in the `node_modules` of each folder above the file that imports it.
  for (let depth = parts.length - 1; depth > 1; depth--) {
    if (parts[depth - 1] !== 'node_modules')
      folders.push([...parts.slice(0, depth), 'node_modules'].join(sep))
  }
  return folders
}

/** The nearest folder above a file that has a `package.json`. */
function packageRoot(file: string): string {
  const folder = dirname(file)
  return existsSync(join(folder, 'package.json')) || folder === dirname(folder) ? folder : packageRoot(folder)
}
