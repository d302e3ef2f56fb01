import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import type { RunningNatsServer } from '../server/running-server.ts'

/** Connects with the text of a `.creds` file, without reconnects, so that tests see when the server disconnects it. */
export function connectWith(server: RunningNatsServer, creds: string): Promise<NatsConnection> {
  return connect({
    servers: server.url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  })
}

/** Connects as a new user of the tenant account. */
export async function connectAsUser(
  server: RunningNatsServer,
): Promise<{ connection: NatsConnection; publicKey: string }> {
  const { creds, publicKey } = await server.credentials({ name: 'test' })
  return { connection: await connectWith(server, creds), publicKey }
}
