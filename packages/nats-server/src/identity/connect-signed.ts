import type { KeyPair } from '@nats-io/nkeys'
import type { NatsConnection } from '@nats-io/transport-node'
import { signUser } from './credentials.ts'

const TIMEOUT_MS = 5_000

/** Connects for a moment as a user of an account whose key is at hand; the user ends after a minute. */
export async function connectSigned(url: string, account: KeyPair, name: string): Promise<NatsConnection> {
  // Loaded at the first use: most processes need no connection of their own.
  const { connect } = await import('@nats-io/transport-node')
  const { jwt, key } = await signUser(account, { name, expiresInSeconds: 60 })
  return connect({
    servers: url,
    name,
    // Signed here: the library's own authenticators take 50 ms of the main thread for it.
    authenticator: (nonce) => ({
      jwt,
      nkey: key.getPublicKey(),
      sig: Buffer.from(key.sign(Buffer.from(nonce ?? ''))).toString('base64url'),
    }),
    reconnect: false,
    timeout: TIMEOUT_MS,
  })
}
