import { encodeUser, fmtCreds, type Permissions } from '@nats-io/jwt'
import type { KeyPair } from '@nats-io/nkeys'
import { NatsServerError } from '../nats-server-error.ts'
import { createKey, keyFromSeed } from './key-pair.ts'

/** What a user may do. A list that is missing allows everything; `deny` wins over `allow`. */
export interface NatsPermissions {
  readonly publish?: SubjectRules
  readonly subscribe?: SubjectRules
  /** Lets the user answer requests it received: at most `max` replies, within `ttlMs`. */
  readonly responses?: { readonly max: number; readonly ttlMs: number }
}

/** Subjects with the wildcards `*` and `>`. */
export interface SubjectRules {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

export interface UserRequest {
  /** Stands in the JWT, for people; not unique, not a secret. */
  readonly name: string
  /** Nothing given: everything inside the account. */
  readonly permissions?: NatsPermissions
  /** After this many seconds the server disconnects the user. Nothing given: never. */
  readonly expiresInSeconds?: number
  /**
   * The user's key of before (`SU…`), for credentials that are renewed: revoking it ends all that were ever made
   * out to it. Nothing given: a new one.
   */
  readonly seed?: string
}

export interface UserCredentials {
  /** The text of a `.creds` file: a JWT and the key that proves it. A secret. */
  readonly creds: string
  /** Names the user towards `revoke`, and in the events of `$SYS` as `client.user`. */
  readonly publicKey: string
  /** Seconds since 1970, where the credentials end by themselves. */
  readonly expires?: number
}

/**
 * Mints a user of an account: a key of its own and a JWT signed by the account.
 * The server need not be told, nor even run: it trusts the signature.
 */
export async function mintUser(account: KeyPair, request: UserRequest): Promise<UserCredentials> {
  const { jwt, key, expires } = await signUser(account, request)
  return {
    creds: new TextDecoder().decode(fmtCreds(jwt, key)),
    publicKey: key.getPublicKey(),
    ...(expires !== undefined && { expires }),
  }
}

/** A user as this process itself needs it, to connect without the detour of a `.creds` file. */
export interface SignedUser {
  readonly jwt: string
  readonly key: KeyPair
  readonly expires?: number
}

export async function signUser(account: KeyPair, request: UserRequest): Promise<SignedUser> {
  const { name, permissions, expiresInSeconds, seed } = request
  if (expiresInSeconds !== undefined && !(expiresInSeconds > 0)) {
    throw new NatsServerError(
      'bad-argument',
      `Credentials of "${name}": expiresInSeconds must be above 0, got ${expiresInSeconds}.`,
    )
  }
  const key = seed === undefined ? createKey('user') : keyFromSeed(seed)
  const claims = permissions ? toClaims(permissions) : {}
  if (expiresInSeconds === undefined) return { jwt: await encodeUser(name, key, account, claims), key }
  const expires = Math.ceil(Date.now() / 1000 + expiresInSeconds)
  return { jwt: await encodeUser(name, key, account, claims, { exp: expires }), key, expires }
}

function toClaims({ publish, subscribe, responses }: NatsPermissions): Permissions {
  return {
    ...(publish && { pub: rules(publish) }),
    ...(subscribe && { sub: rules(subscribe) }),
    // The server counts in nanoseconds.
    ...(responses && { resp: { max: responses.max, ttl: responses.ttlMs * 1e6 } }),
  }
}

function rules({ allow, deny }: SubjectRules) {
  // An empty allow list reads as "everything" to the server. Here it means nothing at all.
  const none = allow?.length === 0
  return {
    ...(allow && !none && { allow: [...allow] }),
    ...(none ? { deny: ['>'] } : deny?.length ? { deny: [...deny] } : {}),
  }
}
