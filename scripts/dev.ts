/**
 * `pnpm dev [options of up]`: the daemon from source. After an edit it restarts only the processes whose code changed:
 * the toolbox or the agent hosts alone, or everything if the daemon itself imports the file.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const SOURCE = '--conditions=@bailiwick/source'
const COMMAND = join(root, 'apps/cli/bin/bailiwick.js')
/** Editors write a file in several steps. Milliseconds. */
const SETTLE_MS = 100
/** Where `pnpm dev` was called: the daemon reads its configuration there. */
const cwd = process.env.INIT_CWD ?? process.cwd()

/** The programs of a running team, by the prefix of their process names; a sandbox child belongs to its host. */
const PROGRAMS = {
  daemon: ['apps/coordinator/src/main.ts', 'apps/cli/src/main.ts'],
  'agent-': [
    ...[
      'packages/agent/src/host/main.ts',
      'packages/sandbox/src/child/main.ts',
      'packages/sandbox/src/prelude/main.ts',
    ],
    ...['packages/agents/analyst/src/index.ts', 'packages/agents/writer/src/index.ts'],
  ],
  toolbox: [
    ...['packages/tools/src/host/toolbox-main.ts', 'packages/tools/src/table/sql-child.ts'],
    ...['packages/tools/src/chart/chart-child.ts', 'packages/tools/src/chart/raster-child.ts'],
  ],
} as const
type Program = keyof typeof PROGRAMS

/** The source files of a program, from its import graph. */
async function filesOf(program: Program): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...PROGRAMS[program]],
    outdir: 'never-written',
    write: false,
    bundle: true,
    metafile: true,
    logLevel: 'silent',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'bundle',
    conditions: ['@bailiwick/source'],
    loader: { '.node': 'empty' },
    plugins: [
      {
        name: 'workspace-only',
        setup({ onResolve }) {
          const own = /^(\.|\/|@bailiwick\/|bailiwick(\/|$))/
          onResolve({ filter: /.*/ }, ({ path, kind }) =>
            kind === 'entry-point' || own.test(path) ? undefined : { path, external: true },
          )
        },
      },
    ],
  })
  return new Set(Object.keys(metafile.inputs))
}

/** The daemon ended on its own, or by Ctrl-C, which reaches it too. */
function end(code: number | null): void {
  process.exit(code ?? 1)
}

function start(): ChildProcess {
  const args = [SOURCE, COMMAND, 'up', ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' })
  child.once('exit', end)
  return child
}

async function restartProcesses(prefix: string): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [SOURCE, COMMAND, 'status', '--json'], {
    cwd,
  })
  const { processes }: { processes: { name: string; pid?: number }[] } = JSON.parse(stdout)
  const restarted = processes.filter(({ name, pid }) => name.startsWith(prefix) && pid !== undefined)
  // The daemon starts them again; a host hands its open tasks over before it exits.
  for (const { pid } of restarted) if (pid !== undefined) process.kill(pid, 'SIGTERM')
  console.error(`dev: restarting ${restarted.map(({ name }) => name).join(', ')}`)
}

let daemon = start()
let files = await allFiles()
const changed = new Set<string>()
let settling: NodeJS.Timeout | undefined
let applying = Promise.resolve()

async function allFiles(): Promise<Map<Program, Set<string>>> {
  const programs = Object.keys(PROGRAMS) as Program[]
  return new Map(await Promise.all(programs.map(async (name) => [name, await filesOf(name)] as const)))
}

async function apply(): Promise<void> {
  const edited = [...changed]
  changed.clear()
  const affected = [...files].filter(([, all]) => edited.some((file) => all.has(file))).map(([name]) => name)
  if (affected.length === 0) return
  console.error(`dev: ${edited.join(', ')} changed`)
  if (affected.includes('daemon')) {
    console.error('dev: restarting the daemon')
    daemon.removeListener('exit', end)
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
    daemon = start()
  } else {
    for (const name of affected)
      await restartProcesses(name).catch((error) => console.error(`dev: ${error.message}`))
  }
  files = await allFiles().catch(() => files) // An edit may not parse yet: keep the graph until it does.
}

for (const folder of ['packages', 'apps']) {
  watch(join(root, folder), { recursive: true }, (_, name) => {
    if (name === null || !/(^|[/\\])src[/\\].*\.ts$/.test(name) || /\.test\.ts$|node_modules/.test(name))
      return
    changed.add(relative(root, join(root, folder, name)).replaceAll('\\', '/'))
    clearTimeout(settling)
    settling = setTimeout(() => {
      applying = applying.then(apply)
    }, SETTLE_MS)
  })
}

// Ctrl-C reaches the daemon too: wait until it has shut down.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => daemon.kill('SIGTERM'))
