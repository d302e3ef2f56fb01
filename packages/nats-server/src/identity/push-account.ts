import type { KeyPair } from '@nats-io/nkeys'
import type { NatsConnection } from '@nats-io/transport-node'
import { NatsServerError } from '../nats-server-error.ts'
import { signUser } from './credentials.ts'
import type { Identity } from './identity.ts'

const TIMEOUT_MS = 5_000

/**
 * Gives a running server the tenant account's current JWT, through the system account: it takes effect at
 * once and closes the connections of users who are revoked in it.
 *
 * The memory resolver forgets it when the server ends; the next start writes the configuration anew.
 *
 * @throws NatsServerError `not-running` where the server does not answer or refuses
 */
export async function pushAccount(url: string, identity: Identity): Promise<void> {
  try {
    const system = await connectAs(url, identity.system)
    try {
      let message = await update(system, identity)
      if (message.includes('skipped')) {
        // A server ignores the update of an account that nobody has used since its start, and later loads
        // the JWT of its configuration, in which the user is not revoked. So the account is used once.
        await (await connectAs(url, identity.account)).close()
        message = await update(system, identity)
        if (message.includes('skipped')) throw new Error(message)
      }
    } finally {
      await system.close()
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

async function connectAs(url: string, account: KeyPair): Promise<NatsConnection> {
  // Loaded at the first use: most processes never revoke.
  const { connect } = await import('@nats-io/transport-node')
  const { jwt, key } = await signUser(account, { name: 'account-update', expiresInSeconds: 60 })
  return connect({
    servers: url,
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

interface UpdateReply {
  readonly data?: { readonly message?: string }
  readonly error?: { readonly description?: string }
}

async function update(system: NatsConnection, { account, accountJwt }: Identity): Promise<string> {
  const subject = `$SYS.REQ.ACCOUNT.${account.getPublicKey()}.CLAIMS.UPDATE`
  const reply = await system.request(subject, accountJwt, { timeout: TIMEOUT_MS })
  const { data, error } = reply.json<UpdateReply>()
  if (error) throw new Error(error.description ?? 'the account update was refused')
  return data?.message ?? ''
}
