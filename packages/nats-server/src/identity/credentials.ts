import { type ClaimsData, encodeUser, fmtCreds, type Permissions, type User } from '@nats-io/jwt'
import type { KeyPair } from '@nats-io/nkeys'
import { NatsServerError } from '../nats-server-error.ts'
import { createKey, isSignedBy, keyFromSeed } from './key-pair.ts'

/** The rights of a user. A missing list allows everything; `deny` wins over `allow`. */
export interface NatsPermissions {
  readonly publish?: SubjectRules
  readonly subscribe?: SubjectRules
  /** Lets the user reply to requests: at most `max` replies to each, within `ttlMs`. */
  readonly responses?: { readonly max: number; readonly ttlMs: number }
}

/** Subjects, which may contain the wildcards `*` and `>`. */
export interface SubjectRules {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

export interface UserRequest {
  /** A name for people, stored in the JWT. It need not be unique and is not secret. */
  readonly name: string
  /** Default: everything inside the account. */
  readonly permissions?: NatsPermissions
  /** The server disconnects the user after this many seconds. Default: never. */
  readonly expiresInSeconds?: number
  /**
   * The user's existing key (`SU…`), to renew credentials: revoking the key then revokes all credentials that
   * were ever minted for it. Default: a new key.
   */
  readonly seed?: string
}

export interface UserCredentials {
  /** The text of a `.creds` file: a JWT and the key that proves it. Secret. */
  readonly creds: string
  /** Identifies the user for `revoke`, and in `$SYS` events as `client.user`. */
  readonly publicKey: string
  /** Seconds since 1970; missing if the credentials do not expire. */
  readonly expires?: number
}

/**
 * Mints a user of an account: its own key and a JWT signed by the account. The server trusts the signature, so
 * it need not know the user in advance, or even run.
 *
 * @throws NatsServerError `bad-argument` if the lifetime is not positive
 */
export async function mintUser(account: KeyPair, request: UserRequest): Promise<UserCredentials> {
  const { jwt, key, expires } = await signUser(account, request)
  return {
    creds: new TextDecoder().decode(fmtCreds(jwt, key)),
    publicKey: key.getPublicKey(),
    ...(expires !== undefined && { expires }),
  }
}

/** A user as this process needs it to connect by itself, without a `.creds` file. */
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
      `Expected expiresInSeconds above 0 for the credentials of "${name}", found ${expiresInSeconds}.`,
    )
  }
  const key = seed === undefined ? createKey('user') : keyFromSeed(seed)
  const claims = permissions ? toClaims(permissions) : {}
  if (expiresInSeconds === undefined) return { jwt: await encodeUser(name, key, account, claims), key }
  const expires = Math.ceil(Date.now() / 1000 + expiresInSeconds)
  return { jwt: await encodeUser(name, key, account, claims, { exp: expires }), key, expires }
}

/** The contents of a `.creds` file. */
export interface ParsedCredentials {
  /** Identifies the user for `revoke`. */
  readonly publicKey: string
  /** The user's key (`SU…`), which renewed credentials keep. Secret. */
  readonly seed: string
  /** Public key of the account that signed it. */
  readonly account: string
  /** The user's permissions as text: equal texts mean equal rights. */
  readonly rights: string
  /** Seconds since 1970; missing if the credentials do not expire. */
  readonly expires?: number
}

/**
 * Reads the text of a `.creds` file.
 *
 * @returns undefined if the text is cut or is an nkey without a JWT, or if its account did not sign it
 */
export async function readCredentials(creds: string): Promise<ParsedCredentials | undefined> {
  try {
    const [jwt = '', seed = ''] = Array.from(creds.matchAll(BLOCK), ([, text = '']) => text.trim())
    const claims = readClaims(jwt)
    if (claims === undefined || seed === '') return undefined
    const { sub: publicKey, exp, iss, nats } = claims
    const account = nats.issuer_account || iss
    const rights = JSON.stringify([nats.pub, nats.sub, nats.resp, nats.subs])
    return { publicKey, seed, account, rights, ...(exp !== undefined && exp > 0 && { expires: exp }) }
  } catch {
    return undefined
  }
}

/** The JWT and the key in the text of a `.creds` file. */
const BLOCK = /-{3,}[^\n]*-{3,}\r?\n(.+)\r?\n\s*-{3,}[^\n]*-{3,}/g

/** The claims of a JWT; undefined if its issuer did not sign it. */
function readClaims(jwt: string): ClaimsData<User> | undefined {
  const [head = '', body = '', signature = ''] = jwt.split('.')
  const { alg } = JSON.parse(fromBase64(head).toString()) as { alg: string }
  const claims = JSON.parse(fromBase64(body).toString()) as ClaimsData<User>
  // The first version of the format signs only the claims.
  const signed = alg === 'ed25519' ? body : `${head}.${body}`
  return isSignedBy(claims.iss, Buffer.from(signed), fromBase64(signature)) ? claims : undefined
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}

function toClaims({ publish, subscribe, responses }: NatsPermissions): Permissions {
  return {
    ...(publish && { pub: rules(publish) }),
    ...(subscribe && { sub: rules(subscribe) }),
    // Nanoseconds.
    ...(responses && { resp: { max: responses.max, ttl: responses.ttlMs * 1e6 } }),
  }
}

function rules({ allow, deny }: SubjectRules) {
  // An empty allow list means nothing here, but the server reads it as everything.
  const none = allow?.length === 0
  return {
    ...(allow && !none && { allow: [...allow] }),
    ...(none ? { deny: ['>'] } : deny?.length ? { deny: [...deny] } : {}),
  }
}
