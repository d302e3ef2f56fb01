import type { NatsConnection } from '@nats-io/transport-node'
import { NatsServerError } from '../nats-server-error.ts'
import { connectSigned } from './connect-signed.ts'
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
    const system = await connectSigned(url, identity.system, 'account-update')
    try {
      let message = await update(system, identity)
      if (message.includes('skipped')) {
        // A server ignores the update of an account that nobody has used since its start, and later loads
        // the JWT of its configuration, in which the user is not revoked. So the account is used once.
        await (await connectSigned(url, identity.account, 'account-update')).close()
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
