import type { KeyPair } from '@nats-io/nkeys'
import type { NatsConnection } from '@nats-io/transport-node'
import { signUser } from './credentials.ts'

const TIMEOUT_MS = 5_000
const LIFETIME_SECONDS = 60

/** Connects for a short time as a new user of an account. The user expires after a minute. */
export async function connectSigned(url: string, account: KeyPair, name: string): Promise<NatsConnection> {
  // Most processes never need a connection of their own, so they do not load the client.
  const { connect } = await import('@nats-io/transport-node')
  const { jwt, key } = await signUser(account, { name, expiresInSeconds: LIFETIME_SECONDS })
  return connect({
    servers: url,
    name,
    // The library's authenticators derive the key again in JavaScript, which blocks the main thread.
    authenticator: (nonce) => ({
      jwt,
      nkey: key.getPublicKey(),
      sig: Buffer.from(key.sign(Buffer.from(nonce ?? ''))).toString('base64url'),
    }),
    reconnect: false,
    timeout: TIMEOUT_MS,
  })
}
