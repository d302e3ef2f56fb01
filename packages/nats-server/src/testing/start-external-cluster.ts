import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@bailiwick/contract/world'
import { connect } from '@nats-io/transport-node'
import { NatsServerError } from '../nats-server-error.ts'
import { freePorts } from './free-ports.ts'
import { type ExternalServer, startExternalServer } from './start-external-server.ts'

/** Servers that form a JetStream cluster. Disposing it kills the servers that still run. */
export interface ExternalCluster extends AsyncDisposable {
  /** Named `n0`, `n1` and so on. */
  readonly servers: readonly ExternalServer[]
  /** The addresses of all servers, separated by commas. */
  readonly url: string
}

/** A taken port is rare, so several failed starts in a row have another reason. */
const MAX_STARTS = 10

/**
 * Starts a cluster on loopback and waits until a stream can have a replica on every server. Takes seconds.
 *
 * @param size the number of servers
 * @param choosePorts chooses ports for the routes between the servers. It is called again, for a new start, if another
 * program takes one of them before the server listens. Default: free ports
 * @throws NatsServerError `start-failed` if a server ends early, `port-taken` if ports were taken at ten starts in a
 * row; no server is left running
 * @example
 * ```ts
 * await using cluster = await startExternalCluster(3)
 * ```
 */
export async function startExternalCluster(
  size: number,
  choosePorts: (count: number) => Promise<readonly number[]> = freePorts,
): Promise<ExternalCluster> {
  for (let start = 1; ; start++) {
    try {
      return await startOn(await choosePorts(size))
    } catch (error) {
      if (!hasCode(error, 'port-taken') || start === MAX_STARTS) throw error
    }
  }
}

async function startOn(ports: readonly number[]): Promise<ExternalCluster> {
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')
  const starts = await Promise.allSettled(
    ports.map((port, n) =>
      startExternalServer(
        `server_name: n${n}\ncluster { name: c, listen: "127.0.0.1:${port}", routes: [${routes}] }\n`,
      ),
    ),
  )
  const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const end = async () => {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
  }
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    await untilReplicated(servers)
  } catch (error) {
    await end()
    throw error
  }
  return { servers, url: servers.map(({ url }) => url).join(','), [Symbol.asyncDispose]: end }
}

/** Creates and deletes a stream with a replica on every server: that fails until all have joined. */
async function untilReplicated(servers: readonly ExternalServer[]): Promise<void> {
  let ended: ExternalServer | undefined
  for (const server of servers) {
    void server.exited.then(() => {
      ended = server
    })
  }
  const connection = await connect({ servers: servers[0]?.url ?? '', reconnect: false })
  try {
    const stream = JSON.stringify({ name: 'probe', subjects: ['probe'], num_replicas: servers.length })
    const call = async (operation: string, payload?: string) => {
      const reply = await connection.request(`$JS.API.STREAM.${operation}.probe`, payload, { timeout: 5_000 })
      return reply.json<{ error?: unknown }>().error === undefined
    }
    // Nobody replies while the cluster has no leader.
    while (!(await call('CREATE', stream).catch(() => false))) {
      if (ended)
        throw new NatsServerError('start-failed', `Expected ${ended.url} to join the cluster; it ended.`)
      await sleep(50)
    }
    await call('DELETE')
  } finally {
    await connection.close()
  }
}
