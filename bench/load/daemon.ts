import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectFromEnv, requestRun } from '../../packages/bus/dist/index.js'

const MAIN = join(import.meta.dirname, '../../apps/cli/bin/bailiwick.js')
/** The kernel counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10

/** One agent of the benchmark's team. */
export interface BenchAgent {
  name: string
  level: number
  tools?: readonly string[]
  approval?: 'always'
  maxConcurrent?: number
}

/** A folder with a configuration, and the daemon that serves it. */
export class BenchDaemon implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bailiwick-load-'))

  /** @param replies the scripted model's replies, by agent and task */
  constructor(agents: readonly BenchAgent[], replies: Record<string, unknown>) {
    const write = (file: string, text: string) => writeFileSync(join(this.folder, file), text)
    write('replies.json', JSON.stringify(replies))
    for (const { name, level, tools = [], approval } of agents) {
      const definition = { name, description: `the ${name}`, level, tools, ...(approval && { approval }) }
      write(`${name}.mjs`, `export default ${JSON.stringify(definition)}`)
    }
    const config = {
      model: `scripted:${this.folder}/replies.json`,
      team: agents.map(({ name, maxConcurrent = 32 }) => ({ agent: `./${name}.mjs`, maxConcurrent })),
      streams: { maxQueued: 50_000 },
    }
    write('bailiwick.config.mjs', `export default ${JSON.stringify(config)}`)
  }

  /** Starts the daemon. @returns how long that took, ms */
  up(): number {
    const began = performance.now()
    this.cli('up', '--detach')
    return performance.now() - began
  }

  down(): void {
    this.cli('down')
  }

  cli(...args: string[]): string {
    const env = { ...process.env, BAILIWICK_MODEL: '', OLLAMA_HOST: 'http://127.0.0.1:9' }
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      cwd: this.folder,
      env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`bailiwick ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  connect(): Promise<Bus> {
    return connectFromEnv('bench', JSON.parse(this.cli('env', '--json')))
  }

  /** Bytes on disk by stream. */
  streamBytes(): Map<string, number> {
    const root = join(this.folder, '.bailiwick')
    const streams = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.parentPath.endsWith('/streams'),
    )
    return new Map(streams.map(({ name, parentPath }) => [name, folderBytes(join(parentPath, name))]))
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The processes whose cost is measured. */
export interface Pids {
  daemon: number
  server: number
  hosts: number[]
}

/** Asks the daemon for its processes. */
export async function findPids(bus: Bus): Promise<Pids> {
  const status = await requestRun(bus, 'status', {})
  const server = status.natsServer as { pid: number }
  const processes = status.processes as { pid?: number; agent?: string }[]
  const hosts = processes.flatMap(({ pid, agent }) => (pid !== undefined && agent !== undefined ? [pid] : []))
  return { daemon: Number(status.pid), server: server.pid, hosts }
}

/** User and system time that a process has used, ms. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** A process's memory with its share of what it has in common with others, MB. */
export function pssMb(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) / 1024
}

/**
 * What a process keeps on its heap, MB: after a collection, which its debugger can ask for. Pss also has what was not
 * collected yet.
 */
export async function keptMb(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1')
  const found = await retry(async () => (await fetch('http://127.0.0.1:9229/json')).json())
  const [{ webSocketDebuggerUrl }] = found as [{ webSocketDebuggerUrl: string }]
  const socket = new WebSocket(webSocketDebuggerUrl)
  const opened = Promise.withResolvers<void>()
  socket.onopen = () => opened.resolve()
  await opened.promise
  const call = (method: string) => {
    const { promise, resolve } = Promise.withResolvers<{ usedSize?: number }>()
    socket.onmessage = ({ data }) => resolve(JSON.parse(data).result)
    socket.send(JSON.stringify({ id: 1, method }))
    return promise
  }
  await call('HeapProfiler.collectGarbage')
  const { usedSize = Number.NaN } = await call('Runtime.getHeapUsage')
  socket.close()
  return usedSize / 1_048_576
}

/** The debugger needs a moment to listen. */
async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 0; n < 100; n += 1) {
    try {
      return await attempt()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return attempt()
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + sizeOf(join(parentPath, name)), 0)
}

/** 0 if the file is gone by now. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
