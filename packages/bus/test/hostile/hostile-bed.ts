import { connect, credsAuthenticator, headers, type NatsConnection } from '@nats-io/transport-node'
import type { Bus } from '../../src/connect/bus.ts'
import { connectBus } from '../../src/connect/connect-bus.ts'
import { permissionsFor, prepareQueue, type RoleGrant, userName } from '../../src/index.ts'
import { startTestBus, type TestBus } from '../test-bus.ts'

/** A user with valid credentials and its own client. */
export interface Intruder {
  readonly connection: NatsConnection
  /** Publishes, and returns the server's errors. */
  publishes(subject: string, payload?: string, reply?: string, header?: [string, string]): Promise<string>
  /** Subscribes, and returns the server's errors. */
  subscribes(subject: string): Promise<string>
}

/** A server with a hostile agent and an honest one. */
export interface HostileBed extends AsyncDisposable {
  readonly test: TestBus
  /** A host of the analyst, level 3. */
  readonly evil: Intruder
  readonly writer: Bus
  connectAs(grant: RoleGrant): Promise<Bus>
  intrudeAs(grant: RoleGrant): Promise<Intruder>
}

export const ANALYST: Extract<RoleGrant, { role: 'host' }> = {
  role: 'host',
  agent: 'analyst',
  level: 3,
  tools: ['echo'],
}

export async function openHostileBed(): Promise<HostileBed> {
  const stack = new AsyncDisposableStack()
  const test = stack.use(await startTestBus())
  for (const agent of ['analyst', 'writer']) await prepareQueue(test.bus, agent)
  const mint = (grant: RoleGrant) =>
    test.server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
  const intrudeAs = async (grant: RoleGrant) => {
    const connection = await connect({
      servers: test.server.url,
      authenticator: credsAuthenticator(Buffer.from((await mint(grant)).creds)),
      inboxPrefix: `_INBOX.${userName(grant)}`,
    })
    stack.defer(() => connection.close())
    return intruder(connection)
  }
  const connectAs = async (grant: RoleGrant) => {
    const { creds } = await mint(grant)
    const bus = await connectBus({ url: test.server.url, creds, name: userName(grant) })
    stack.defer(() => bus.close())
    return bus
  }
  const evil = await intrudeAs(ANALYST)
  const writer = await connectAs({ role: 'host', agent: 'writer', level: 5, tools: ['echo'] })
  return { test, evil, writer, connectAs, intrudeAs, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function intruder(connection: NatsConnection): Intruder {
  const violations: string[] = []
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') violations.push(status.error.message)
    }
  })()
  /** The server's errors about a message arrive before its reply to a later ping. */
  const said = async (act: () => void) => {
    violations.length = 0
    act()
    await connection.flush()
    await connection.flush()
    return violations.join('\n')
  }
  return {
    connection,
    publishes(subject, payload = '', reply, header) {
      const set = header === undefined ? undefined : headers()
      if (header !== undefined) set?.set(...header)
      const options = { ...(reply && { reply }), ...(set && { headers: set }) }
      return said(() => connection.publish(subject, payload, options))
    },
    async subscribes(subject) {
      const subscription = connection.subscribe(subject, { callback: () => {} })
      const against = await said(() => {})
      subscription.unsubscribe()
      return against
    },
  }
}
