import { NatsServerError } from '../nats-server-error.ts'
import { mintUser } from './credentials.ts'
import type { Identity } from './identity.ts'

/**
 * Gives a running server the tenant account's current JWT, through the system account: it takes effect at
 * once and closes the connections of users who are revoked in it.
 *
 * The memory resolver forgets it when the server ends, so the configuration must hold it too by then.
 */
export async function pushAccount(url: string, identity: Identity): Promise<void> {
  // Loaded at the first use: most processes never revoke.
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node')
  const { creds } = await mintUser(identity.system, { name: 'account-update', expiresInSeconds: 60 })
  const subject = `$SYS.REQ.ACCOUNT.${identity.account.getPublicKey()}.CLAIMS.UPDATE`
  try {
    const connection = await connect({
      servers: url,
      authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
      reconnect: false,
      timeout: 5_000,
    })
    try {
      await connection.request(subject, identity.accountJwt, { timeout: 5_000 })
    } finally {
      await connection.close()
    }
  } catch (cause) {
    throw new NatsServerError(
      'not-running',
      `The server at ${url} could not be told which users are revoked (${(cause as Error).message}). ` +
        'The revocation is saved and holds from its next start on.',
      { cause },
    )
  }
}
