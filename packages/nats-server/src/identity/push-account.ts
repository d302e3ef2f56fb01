import { errorText } from '@bailiwick/contract/world'
import type { NatsConnection } from '@nats-io/transport-node'
import { NatsServerError } from '../nats-server-error.ts'
import { connectSigned } from './connect-signed.ts'
import type { Identity } from './identity.ts'

const TIMEOUT_MS = 5_000

/**
 * Sends the tenant account's current JWT to a running server, through the system account. The server applies it
 * at once and closes the connections of users that it revokes.
 *
 * The server keeps it only in memory; the next start writes it to the configuration.
 *
 * @throws NatsServerError `not-running` if the server does not answer or refuses the JWT
 */
export async function pushAccount(url: string, identity: Identity): Promise<void> {
  try {
    const system = await connectSigned(url, identity.system, 'account-update')
    try {
      let message = await update(system, identity)
      if (message.includes('skipped')) {
        // A server skips the update of an account that has had no users since its start, and later loads the JWT
        // from its configuration, which lacks the revocation. So use the account once.
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
      `Cannot send the revoked users to the server at ${url} (${errorText(cause)}). ` +
        'The revocation is saved and takes effect at the next start.',
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
  if (error) throw new Error(error.description ?? 'the server refused the account update')
  return data?.message ?? ''
}
