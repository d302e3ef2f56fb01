import { readFileSync } from 'node:fs'
import { encodeUser, fmtCreds } from '@nats-io/jwt'
import { createUser, fromSeed } from '@nats-io/nkeys'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'

/** What a server's operator has on disk; of it, only what is needed to be let in. */
interface Keys {
  seeds: { account: string }
}

/**
 * A connection of the judge's own: an account's owner can always sign one more user, whatever the daemon thinks
 * of it. It may look at every stream and consumer; nothing of the project is asked.
 */
export async function connectAuditor(url: string, keysFile: string): Promise<NatsConnection> {
  const { seeds }: Keys = JSON.parse(readFileSync(keysFile, 'utf8'))
  const user = createUser()
  const jwt = await encodeUser('auditor', user, fromSeed(new TextEncoder().encode(seeds.account)))
  return connect({ servers: url, authenticator: credsAuthenticator(fmtCreds(jwt, user)) })
}
