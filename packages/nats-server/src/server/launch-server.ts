import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsServerBinary } from '../binary/server-binary.ts'
import type { Identity } from '../identity/identity.ts'
import { NatsServerError } from '../nats-server-error.ts'
import type { DataLayout } from '../store/data-layout.ts'
import { writePrivateFile } from '../store/private-file.ts'
import { markOf } from '../store/process-mark.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { isPortFree } from './free-port.ts'
import { readGreeting } from './greeting.ts'
import { type ServerLimits, serverConfig, serverName } from './server-config.ts'
import { type ServerExit, type ServerProcess, spawnServer } from './server-process.ts'

/** What is asked for, once the lock is held. */
export interface WantedServer {
  readonly layout: DataLayout
  readonly identity: Identity
  readonly host: string
  readonly limits: Required<ServerLimits>
  readonly options: {
    readonly port?: number
    readonly startTimeoutMs?: number
    readonly signal?: AbortSignal
    readonly onProgress?: (line: string) => void
  }
}

/** A server that answers. */
export interface ReadyServer {
  readonly process: ServerProcess
  readonly port: number
  readonly version: string
}

const FIRST_PORT = 4222
const LAST_PORT = 4321

/** Starts the server and waits until it answers. */
export async function launchServer(wanted: WantedServer, binary: NatsServerBinary): Promise<ReadyServer> {
  for await (const port of candidatePorts(wanted)) {
    const ready = await launchOn(port, wanted, binary)
    if (ready !== 'port-taken') return ready
    if (port === wanted.options.port) throw portTaken(wanted.host, port)
  }
  throw new NatsServerError(
    'port-taken',
    `All ports from ${FIRST_PORT} to ${LAST_PORT} on ${wanted.host} are taken. Name a free one.`,
  )
}

async function* candidatePorts({ options: { port }, host, layout }: WantedServer): AsyncGenerator<number> {
  if (port !== undefined && port !== 0) {
    if (!(await isPortFree(host, port))) throw portTaken(host, port)
    yield port
    return
  }
  const remembered = (await readServerRecord(layout.record))?.port
  if (remembered !== undefined && (await isPortFree(host, remembered))) yield remembered
  if (port === 0) yield -1
  else for (let next = FIRST_PORT; next <= LAST_PORT; next++) if (await isPortFree(host, next)) yield next
}

/** A free port may be taken by somebody else before the server listens: then it says so and ends. */
async function launchOn(
  port: number,
  wanted: WantedServer,
  binary: NatsServerBinary,
): Promise<ReadyServer | 'port-taken'> {
  const { layout, identity, host, limits } = wanted
  // Files of servers that were killed name ports which may be anybody's by now.
  for (const name of await readdir(layout.ports)) await rm(join(layout.ports, name), { force: true })
  await writePrivateFile(layout.config, serverConfig({ host, port, identity, paths: layout, limits }))
  const logStart = await sizeOf(layout.log)
  const child = await spawnServer({
    binary: binary.path,
    config: layout.config,
    log: layout.log,
    memory: limits.memory,
  }).catch((cause: Error) => {
    throw new NatsServerError('start-failed', `${binary.path} cannot be started: ${cause.message}`, { cause })
  })
  try {
    const mark = await markOf(child.pid)
    // Written before it answers, so that a crash of ours from here on leaves a server that is found again.
    if (mark) {
      const remembered = port > 0 ? port : FIRST_PORT
      await writeServerRecord(layout.record, {
        v: 1,
        port: remembered,
        version: binary.version,
        process: mark,
      })
    }
    const ready = await untilReady(child, wanted)
    if ('exit' in ready) {
      const said = (await readFile(layout.log, 'utf8').catch(() => '')).slice(logStart)
      if (/address already in use|Only one usage of each socket address/i.test(said)) return 'port-taken'
      throw startFailed(binary, ready.exit, said, layout.log)
    }
    await writeServerRecord(layout.record, { v: 1, ...ready, ...(mark && { process: mark }) })
    return { process: child, ...ready }
  } catch (error) {
    await child.kill('SIGKILL')
    await child.exited
    throw error
  }
}

async function untilReady(
  child: ServerProcess,
  wanted: WantedServer,
): Promise<{ port: number; version: string } | { exit: ServerExit }> {
  const { signal, startTimeoutMs = 60_000 } = wanted.options
  const deadline = Date.now() + startTimeoutMs
  let ended: ServerExit | undefined
  child.exited.then((exit) => {
    ended = exit
  })
  while (ended === undefined) {
    signal?.throwIfAborted()
    const port = await portFromFile(wanted.layout.ports, child.pid)
    const greeting = port === undefined ? undefined : await readGreeting(wanted.host, port)
    if (port !== undefined && greeting?.server_name === serverName(wanted.identity)) {
      return { port, version: greeting.version }
    }
    if (Date.now() > deadline) {
      throw new NatsServerError(
        'start-failed',
        `nats-server did not answer within ${startTimeoutMs / 1000} s and was ended. Its log: ${wanted.layout.log}`,
      )
    }
    await Promise.race([delay(4), child.exited])
  }
  return { exit: ended }
}

/** The server writes `<executable>_<pid>.ports` once it listens. */
export async function portFromFile(folder: string, pid: number): Promise<number | undefined> {
  const name = (await readdir(folder)).find((entry) => entry.endsWith(`_${pid}.ports`))
  if (name === undefined) return undefined
  try {
    const { nats } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { nats: string[] }
    return nats[0] === undefined ? undefined : Number(new URL(nats[0]).port)
  } catch (error) {
    // Read while it is being written, or removed by a server that ends.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function portTaken(host: string, port: number): NatsServerError {
  return new NatsServerError(
    'port-taken',
    `Port ${port} on ${host} is taken by another program. Stop it, choose another port, or choose none to get a free one.`,
  )
}

function startFailed(binary: NatsServerBinary, exit: ServerExit, said: string, log: string): NatsServerError {
  const last = said.trim().split('\n').slice(-5).join('\n')
  return new NatsServerError(
    'start-failed',
    `nats-server ${binary.version} ended at start (${exit.signal ?? `exit code ${exit.code}`}). ` +
      `Its last lines, from ${log}:\n${last || '(none)'}`,
  )
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size
}
