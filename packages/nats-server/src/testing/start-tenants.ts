import { encodeAccount, encodeOperator } from '@nats-io/jwt'
import { mintUser, type UserCredentials, type UserRequest } from '../identity/credentials.ts'
import { ACCOUNT_LIMITS, limitClaims } from '../identity/identity.ts'
import { createKey } from '../identity/key-pair.ts'
import { type ExternalServer, startExternalServer } from './start-external-server.ts'

/** One server with two isolated accounts. Disposing it kills the server. */
export interface Tenants extends ExternalServer {
  mint(tenant: 'one' | 'other', user: UserRequest): Promise<UserCredentials>
  /** The public keys of the accounts. */
  readonly accounts: { readonly one: string; readonly other: string }
}

/** Starts a server with two accounts, each with JetStream. */
export async function startTenants(): Promise<Tenants> {
  const [operator, system, one, other] = [
    createKey('operator'),
    createKey('account'),
    createKey('account'),
    createKey('account'),
  ]
  const limits = limitClaims(ACCOUNT_LIMITS)
  const signed = (name: string, key: typeof one, claims: object) =>
    encodeAccount(name, key, claims, { signer: operator })
  const server = await startExternalServer(`max_control_line: 65536
operator: ${await encodeOperator('operator', operator, { system_account: system.getPublicKey() })}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
  ${system.getPublicKey()}: ${await signed('system', system, {})}
  ${one.getPublicKey()}: ${await signed('one', one, { limits })}
  ${other.getPublicKey()}: ${await signed('other', other, { limits })}
}
`)
  return {
    ...server,
    accounts: { one: one.getPublicKey(), other: other.getPublicKey() },
    mint: (tenant, user) => mintUser(tenant === 'one' ? one : other, user),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
