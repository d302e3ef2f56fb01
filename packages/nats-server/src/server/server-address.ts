import { connect } from 'node:net'
import { parseJson } from '@bailiwick/contract/world'
import type { Identity } from '../identity/identity.ts'
import type { DataLayout } from '../store/data-layout.ts'
import { portOf } from './ports-file.ts'
import { type ServerLimits, serverName } from './server-config.ts'
import type { ServerProcess } from './server-process.ts'

/** What to start or adopt, on a locked data directory. */
export interface ServerRequest {
  readonly layout: DataLayout
  readonly identity: Identity
  readonly host: string
  readonly limits: Required<ServerLimits>
  readonly options: {
    readonly port?: number
    readonly startTimeoutMs?: number
    readonly signal?: AbortSignal
  }
}

/** Where a server answers. */
export interface ServerAddress {
  readonly port: number
  readonly version: string
}

/** A server that answers. */
export interface ReadyServer extends ServerAddress {
  readonly process: ServerProcess
}

/** Long enough for a server that recovers a large store before it listens. */
export const START_TIMEOUT_MS = 60_000

/**
 * The address on which a process answers as the server of this data directory, or undefined while it does not.
 * The process id may have been reused; the name in the server's greeting proves which directory it serves.
 */
export async function findAddress(request: ServerRequest, pid: number): Promise<ServerAddress | undefined> {
  const port = await portOf(request.layout.ports, pid)
  if (port === undefined) return undefined
  const greeting = await readGreeting(request.host, port)
  return greeting?.server_name === serverName(request.identity)
    ? { port, version: greeting.version }
    : undefined
}

/** The part of a NATS server's INFO line that this package reads. */
interface Greeting {
  readonly server_name: string
  readonly version: string
}

const GREETING_TIMEOUT_MS = 1_000
const MAX_GREETING_CHARS = 64 * 1024

/**
 * Connects and reads the INFO line that every NATS server sends before authentication.
 *
 * @returns undefined if no NATS server answers within a second
 */
function readGreeting(host: string, port: number): Promise<Greeting | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let text = ''
    const settle = (greeting: Greeting | undefined) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(greeting)
    }
    const timer = setTimeout(settle, GREETING_TIMEOUT_MS, undefined)
    socket.setEncoding('utf8')
    socket.on('error', () => settle(undefined))
    socket.on('close', () => settle(undefined))
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\r\n')
      if (end >= 0) settle(parseInfo(text.slice(0, end)))
      else if (text.length > MAX_GREETING_CHARS) settle(undefined)
    })
  })
}

function parseInfo(line: string): Greeting | undefined {
  return line.startsWith('INFO ') ? (parseJson(line.slice(5)) as Greeting | undefined) : undefined
}
