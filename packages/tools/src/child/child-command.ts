import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SOURCE_FLAGS } from '@bailiwick/contract'
import { readMs } from './child-file.ts'
import type { ChildWork } from './run-child.ts'

/** The unit of the shell's limit of file sizes. */
const BLOCK_BYTES = 512

/** The command that starts a child with as few rights as possible. */
export function childCommand(work: Pick<ChildWork, 'entry' | 'packages' | 'addons' | 'files' | 'limits'>): {
  command: string
  args: string[]
  env: Record<string, string>
} {
  const entry = fileURLToPath(work.entry)
  const heapMegabytes = Math.round(work.limits.memoryBytes / 2 / 2 ** 20)
  const args = [
    ...SOURCE_FLAGS,
    '--permission',
    ...readablePaths(entry, work.packages).map((path) => `--allow-fs-read=${path}`),
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
  const seconds = Math.ceil((work.limits.timeMs + readMs(work.files, work.limits.readPace)) / 1000) + 5
  const blocks = Math.ceil(work.limits.diskBytes / BLOCK_BYTES)
  const limited = 'ulimit -t "$0"; ulimit -f "$1"; ulimit -c 0; shift; exec "$@"'
  const { TMPDIR } = process.env
  return {
    command: '/bin/sh',
    args: ['-c', limited, String(seconds), String(blocks), process.execPath, ...args],
    // Without it, SQLite puts its temporary files into /var/tmp.
    env: { TZ: 'UTC', ...(TMPDIR !== undefined && { SQLITE_TMPDIR: TMPDIR }) },
  }
}

/**
 * The paths that a child must read to load its code and the packages that it names: the code of each package in the
 * workspace, and each `node_modules` on the way up. They hold published code, nothing of a run or a user.
 */
function readablePaths(entry: string, packages: readonly string[]): string[] {
  const files = [import.meta.url, ...packages.map((name) => import.meta.resolve(name))].map((url) =>
    fileURLToPath(url),
  )
  return [...new Set([entry, ...files].flatMap((file) => [...codePaths(file), ...packageFolders(file)]))]
}

/** The folder of a package that holds a file, such as `src`, and the `package.json` that Node needs to load it. */
function codePaths(file: string): string[] {
  if (file.split(sep).includes('node_modules')) return []
  const root = packageRoot(dirname(file))
  // Never a folder further up, which could hold anything.
  if (root === undefined) return [dirname(file)]
  const [folder = ''] = relative(root, file).split(sep)
  return [join(root, folder), join(root, 'package.json')]
}

/** Each `node_modules` in which Node looks for the packages that a file imports. */
function packageFolders(file: string): string[] {
  const parts = file.split(sep)
  const folders: string[] = []
  for (let depth = parts.length - 1; depth > 1; depth--) {
    if (parts[depth - 1] !== 'node_modules')
      folders.push([...parts.slice(0, depth), 'node_modules'].join(sep))
  }
  return folders
}

/** The nearest folder with a `package.json`, from `folder` upwards; undefined if there is none. */
function packageRoot(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : packageRoot(above)
}
