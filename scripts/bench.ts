/**
 * Runs one benchmark: `pnpm bench <name> [arguments]`. Benchmarks live in `bench/<name>/main.ts`, outside
 * the workspace's install; the peers they compare with are installed when they are first run.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const [name = '', ...rest] = process.argv.slice(2)
const root = join(import.meta.dirname, '..')
const names = readdirSync(join(root, 'bench'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(root, 'bench', entry.name, 'main.ts')))
  .map((entry) => entry.name)

if (!names.includes(name)) {
  console.error(`usage: pnpm bench <name>; there are: ${names.join(', ')}`)
  process.exit(2)
}

const folder = join(root, 'bench', name)
if (existsSync(join(folder, 'package.json')) && !existsSync(join(folder, 'node_modules'))) {
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], folder)
}
run(process.execPath, [join(folder, 'main.ts'), ...rest], root)

function run(command: string, args: string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}
