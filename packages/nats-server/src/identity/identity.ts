import { readFile } from 'node:fs/promises'
import { type Account, encodeAccount, encodeOperator } from '@nats-io/jwt'
import type { KeyPair } from '@nats-io/nkeys'
import { NatsServerError } from '../nats-server-error.ts'
import { writePrivateFile } from '../store/private-file.ts'
import { createKey, keyFromSeed } from './key-pair.ts'

/** A revoked user key. Times are in seconds since 1970. */
export interface Revocation {
  /** When the key was revoked. */
  readonly at: number
  /** When the user's credentials would have expired anyway; the entry is dropped then. */
  readonly expires?: number
}

/** All signing keys. They are stored in one file (0600) and never leave this process. */
export interface Identity {
  readonly operator: KeyPair
  readonly system: KeyPair
  readonly account: KeyPair
  readonly operatorJwt: string
  readonly systemJwt: string
  readonly accountJwt: string
  readonly revocations: Readonly<Record<string, Revocation>>
  /** Limits of the tenant account. They are not stored with the keys. */
  readonly limits: Required<AccountLimits>
}

interface IdentityFile {
  v: 1
  seeds: { operator: string; system: string; account: string }
  jwts: { operator: string; system: string }
  revocations: Record<string, Revocation>
}

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 }
const DAY = 86_400

/**
 * Limits of the tenant account, which protect the server: it refuses requests beyond them. All users share them,
 * so the operator must keep one user from using them up.
 */
export interface AccountLimits {
  /** Open connections of all users. Default 2,000. */
  readonly connections?: number
  /** Subscriptions of one connection. Default 2,000. */
  readonly subscriptions?: number
  /** JetStream streams. Default 2,000. */
  readonly streams?: number
  /** Consumers of one stream. Default 1,000. */
  readonly consumers?: number
}

export const ACCOUNT_LIMITS: Required<AccountLimits> = {
  connections: 2_000,
  subscriptions: 2_000,
  streams: 2_000,
  consumers: 1_000,
}

/** The limits as claims of an account's JWT. Sizes stay unlimited here: the server and the streams limit them. */
export function limitClaims({ connections, subscriptions, streams, consumers }: Required<AccountLimits>) {
  const jetstream = { mem_storage: -1, disk_storage: -1, streams, consumer: consumers }
  return { ...UNLIMITED, conn: connections, subs: subscriptions, ...jetstream, wildcards: true }
}

/**
 * Reads the keys of a data directory, and creates them at the first call.
 *
 * @throws NatsServerError `bad-state` if the file is damaged
 */
export async function loadIdentity(path: string, given: AccountLimits = {}): Promise<Identity> {
  const limits = { ...ACCOUNT_LIMITS, ...given }
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const created = await createIdentity(limits)
    await saveIdentity(path, created)
    return created
  }
  try {
    return await fromFile(JSON.parse(text) as IdentityFile, limits)
  } catch (cause) {
    throw new NatsServerError(
      'bad-state',
      `Expected the server's keys in ${path}, but the file is damaged. Restore the file from a backup, or remove ` +
        'it: the next start creates new keys, and all existing credentials become invalid.',
      { cause },
    )
  }
}

/** Adds a revoked user key, and drops entries whose credentials have expired. */
export async function withRevocation(
  identity: Identity,
  publicKey: string,
  revocation: Revocation,
): Promise<Identity> {
  const revocations: Record<string, Revocation> = { [publicKey]: revocation }
  for (const [key, entry] of Object.entries(identity.revocations)) {
    if (entry.expires === undefined || entry.expires > revocation.at) revocations[key] ??= entry
  }
  return { ...identity, revocations, accountJwt: await signAccount(identity, revocations) }
}

export async function saveIdentity(path: string, identity: Identity): Promise<void> {
  const { operator, system, account } = identity
  const file: IdentityFile = {
    v: 1,
    seeds: { operator: seedOf(operator), system: seedOf(system), account: seedOf(account) },
    jwts: { operator: identity.operatorJwt, system: identity.systemJwt },
    revocations: identity.revocations,
  }
  await writePrivateFile(path, JSON.stringify(file))
}

async function createIdentity(limits: Required<AccountLimits>): Promise<Identity> {
  const operator = createKey('operator')
  const system = createKey('account')
  const account = createKey('account')
  const systemClaims: Partial<Account> = { limits: { ...UNLIMITED, wildcards: true } }
  return {
    operator,
    system,
    account,
    operatorJwt: await encodeOperator('operator', operator, { system_account: system.getPublicKey() }),
    systemJwt: await encodeAccount('system', system, systemClaims, { signer: operator }),
    accountJwt: await signAccount({ operator, account, limits }, {}),
    revocations: {},
    limits,
  }
}

function signAccount(
  keys: Pick<Identity, 'operator' | 'account' | 'limits'>,
  revocations: Record<string, Revocation>,
): Promise<string> {
  const claims: Partial<Account> = {
    limits: limitClaims(keys.limits),
    // The server refuses the key's JWTs that were issued before this time. The extra day covers a clock that is
    // set back, and harms nobody because a revoked key is never minted for again.
    revocations: Object.fromEntries(Object.entries(revocations).map(([key, { at }]) => [key, at + DAY])),
  }
  return encodeAccount('tenant', keys.account, claims, { signer: keys.operator })
}

async function fromFile(file: IdentityFile, limits: Required<AccountLimits>): Promise<Identity> {
  if (file.v !== 1) throw new Error(`expected version 1, found ${file.v}`)
  const { revocations } = file
  const operator = keyFromSeed(file.seeds.operator)
  const account = keyFromSeed(file.seeds.account)
  return {
    operator,
    system: keyFromSeed(file.seeds.system),
    account,
    operatorJwt: file.jwts.operator,
    systemJwt: file.jwts.system,
    // Signed again, because the limits may have changed since the file was written.
    accountJwt: await signAccount({ operator, account, limits }, revocations),
    revocations,
    limits,
  }
}

function seedOf(key: KeyPair): string {
  return new TextDecoder().decode(key.getSeed())
}
