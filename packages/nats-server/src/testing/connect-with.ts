import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import type { RunningNatsServer } from '../server/running-server.ts'

/** Connects once with the text of a `.creds` file; no reconnects, so that an end is an end. */
export function connectWith(server: RunningNatsServer, creds: string): Promise<NatsConnection> {
  return connect({
    servers: server.url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  })
}

/** Connects as a new user of the tenant account. */
export async function connectAs(
  server: RunningNatsServer,
): Promise<{ connection: NatsConnection; publicKey: string }> {
  const { creds, publicKey } = await server.credentials({ name: 'test' })
  return { connection: await connectWith(server, creds), publicKey }
}
