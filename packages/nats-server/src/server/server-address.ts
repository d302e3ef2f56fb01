import type { Identity } from '../identity/identity.ts'
import type { DataLayout } from '../store/data-layout.ts'
import { readGreeting } from './greeting.ts'
import { portOf } from './ports-file.ts'
import type { ServerLimits } from './server-config.ts'
import { serverName } from './server-config.ts'
import type { ServerProcess } from './server-process.ts'

/** What is asked for, once the data directory is locked. */
export interface WantedServer {
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

/** One that recovers a large store takes a while until it listens. */
export const START_TIMEOUT_MS = 60_000

/**
 * Where a process answers as the server of this data directory; undefined while it does not. A process id
 * may be anybody's; the name in the greeting proves whose server it is.
 */
export async function addressOf(wanted: WantedServer, pid: number): Promise<ServerAddress | undefined> {
  const port = await portOf(wanted.layout.ports, pid)
  if (port === undefined) return undefined
  const greeting = await readGreeting(wanted.host, port)
  return greeting?.server_name === serverName(wanted.identity)
    ? { port, version: greeting.version }
    : undefined
}
