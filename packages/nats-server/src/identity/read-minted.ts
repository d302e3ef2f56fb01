import { parseCreds } from '@nats-io/jwt'

/** What a `.creds` file says of its user. */
export interface MintedUser {
  /** Names the user towards `revoke`. */
  readonly publicKey: string
  /** What it may do, as text: equal texts are equal rights. */
  readonly rights: string
}

/** Reads a `.creds` file's text; undefined where it is none. */
export async function readMinted(creds: string): Promise<MintedUser | undefined> {
  try {
    const { sub, nats } = (await parseCreds(new TextEncoder().encode(creds))).uc
    return { publicKey: sub, rights: JSON.stringify([nats.pub, nats.sub, nats.resp]) }
  } catch {
    return undefined // Cut by a crash, or an nkey: there is no JWT that could be withdrawn.
  }
}
