import { parseCreds } from '@nats-io/jwt'

/** What a `.creds` file says of its user. */
export interface MintedUser {
  /** Names the user towards `revoke`. */
  readonly publicKey: string
  /** The key that proves it (`SU…`): credentials that are renewed keep it. A secret. */
  readonly seed: string
  /** Public key of the account that signed it. */
  readonly account: string
  /** What it may do, as text: equal texts are equal rights. */
  readonly rights: string
  /** Seconds since 1970, where the credentials end by themselves. */
  readonly expires?: number
}

/** Reads a `.creds` file's text; undefined where it is none, or where the signature is not its account's. */
export async function readMinted(creds: string): Promise<MintedUser | undefined> {
  try {
    const { key: seed, uc, aid: account } = await parseCreds(new TextEncoder().encode(creds))
    const { sub: publicKey, exp, nats } = uc
    const rights = JSON.stringify([nats.pub, nats.sub, nats.resp, nats.subs])
    return { publicKey, seed, account, rights, ...(exp !== undefined && exp > 0 && { expires: exp }) }
  } catch {
    return undefined // Cut by a crash, or an nkey: there is no JWT that could be withdrawn.
  }
}
