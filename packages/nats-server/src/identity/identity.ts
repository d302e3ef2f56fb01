import { readFile } from 'node:fs/promises'
import { type Account, encodeAccount, encodeOperator } from '@nats-io/jwt'
import type { KeyPair } from '@nats-io/nkeys'
import { NatsServerError } from '../nats-server-error.ts'
import { writePrivateFile } from '../store/private-file.ts'
import { createKey, keyFromSeed } from './key-pair.ts'

/** A user's key that must not be accepted any more. Times are in seconds since 1970. */
export interface Revocation {
  /** When it was revoked. */
  readonly at: number
  /** When the revoked JWT would have ended by itself; the entry is dropped then. */
  readonly expires?: number
}

/** Everything that signs: kept in one 0600 file, never given to the server or to a user. */
export interface Identity {
  readonly operator: KeyPair
  readonly system: KeyPair
  readonly account: KeyPair
  readonly operatorJwt: string
  readonly systemJwt: string
  readonly accountJwt: string
  readonly revocations: Readonly<Record<string, Revocation>>
}

interface IdentityFile {
  v: 1
  seeds: { operator: string; system: string; account: string }
  jwts: { operator: string; system: string; account: string }
  revocations: Record<string, Revocation>
}

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 }
const DAY = 86_400
const STORAGE = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }

/** Reads the keys of a data directory; the first call makes them. */
export async function loadIdentity(path: string): Promise<Identity> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const created = await createIdentity()
    await saveIdentity(path, created)
    return created
  }
  try {
    return fromFile(JSON.parse(text) as IdentityFile)
  } catch (cause) {
    throw new NatsServerError(
      'bad-state',
      `The server's keys in ${path} cannot be read. Restore the file from a backup, or remove it: ` +
        'a new one is made at the next start, and all credentials issued so far end.',
      { cause },
    )
  }
}

/** The identity with one more user key refused. Entries whose JWT has ended by itself are dropped. */
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
    jwts: { operator: identity.operatorJwt, system: identity.systemJwt, account: identity.accountJwt },
    revocations: identity.revocations,
  }
  await writePrivateFile(path, JSON.stringify(file))
}

async function createIdentity(): Promise<Identity> {
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
    accountJwt: await signAccount({ operator, account }, {}),
    revocations: {},
  }
}

function signAccount(
  keys: Pick<Identity, 'operator' | 'account'>,
  revocations: Record<string, Revocation>,
): Promise<string> {
  const claims: Partial<Account> = {
    limits: { ...UNLIMITED, ...STORAGE, wildcards: true },
    // A key is minted once, so a day later than needed refuses nothing else; it holds where the clock is set back.
    revocations: Object.fromEntries(Object.entries(revocations).map(([key, { at }]) => [key, at + DAY])),
  }
  return encodeAccount('tenant', keys.account, claims, { signer: keys.operator })
}

function fromFile(file: IdentityFile): Identity {
  if (file.v !== 1) throw new Error(`wanted version 1, found ${file.v}`)
  return {
    operator: keyFromSeed(file.seeds.operator),
    system: keyFromSeed(file.seeds.system),
    account: keyFromSeed(file.seeds.account),
    operatorJwt: file.jwts.operator,
    systemJwt: file.jwts.system,
    accountJwt: file.jwts.account,
    revocations: file.revocations,
  }
}

function seedOf(key: KeyPair): string {
  return new TextDecoder().decode(key.getSeed())
}
