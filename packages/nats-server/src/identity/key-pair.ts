import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import type { KeyPair } from '@nats-io/nkeys'
import { NatsServerError } from '../nats-server-error.ts'
import { crc16, fromBase32, toBase32 } from './key-text.ts'

/** The kinds of NATS keys used here. */
export type KeyKind = 'operator' | 'account' | 'user'

// First byte of a public key; it makes the text start with O, A or U.
const PREFIX: Record<KeyKind, number> = { operator: 14 << 3, account: 0, user: 20 << 3 }
const SEED_PREFIX = 18 << 3

// DER framing of a raw 32-byte Ed25519 private key (RFC 8410).
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A new random key pair. */
export function createKey(kind: KeyKind): KeyPair {
  return keyPair(kind, randomBytes(32))
}

/**
 * Reads a seed (`SO…`, `SA…`, `SU…`) back into a key pair.
 *
 * @throws NatsServerError `bad-state` where the text is no seed or its checksum is wrong
 */
export function keyFromSeed(seed: string): KeyPair {
  const bytes = fromBase32(seed)
  const body = bytes?.subarray(0, -2)
  const kind = kindOf(body)
  if (!bytes || !body || body.length !== 34 || !kind || crc16(body) !== bytes.readUInt16LE(34)) {
    throw new NatsServerError('bad-state', 'Wanted a NATS seed (S…), the text is none or is damaged.')
  }
  return keyPair(kind, body.subarray(2))
}

function kindOf(body: Buffer | undefined): KeyKind | undefined {
  const [first = 0, second = 0] = body ?? []
  if ((first & 0xf8) !== SEED_PREFIX) return undefined
  const prefix = ((first & 7) << 5) | (second >> 3)
  return (Object.keys(PREFIX) as KeyKind[]).find((kind) => PREFIX[kind] === prefix)
}

/**
 * A `KeyPair` as `@nats-io/jwt` takes it, signing with the runtime's own Ed25519.
 *
 * The pairs of `@nats-io/nkeys` derive the key anew in JavaScript at every use:
 * one user JWT blocks the main thread for 50 ms with them, for 0.3 ms with these.
 */
function keyPair(kind: KeyKind, raw: Buffer): KeyPair {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, raw]),
    format: 'der',
    type: 'pkcs8',
  })
  const verifier = createPublicKey(privateKey)
  const rawPublic = verifier.export({ format: 'der', type: 'spki' }).subarray(-32)
  const publicKey = encode(Buffer.from([PREFIX[kind]]), rawPublic)
  const seedHead = Buffer.from([SEED_PREFIX | (PREFIX[kind] >> 5), (PREFIX[kind] & 31) << 3])
  const seed = new TextEncoder().encode(encode(seedHead, raw))
  return {
    getPublicKey: () => publicKey,
    getSeed: () => seed,
    getPrivateKey: () => new TextEncoder().encode(encode(Buffer.from([15 << 3]), raw, rawPublic)),
    sign: (input) => sign(null, input, privateKey),
    verify: (input, signature) => verify(null, input, verifier, signature),
    clear: () => {},
    seal: unsupported,
    open: unsupported,
  }
}

function encode(...parts: Uint8Array[]): string {
  const body = Buffer.concat(parts)
  const sum = Buffer.alloc(2)
  sum.writeUInt16LE(crc16(body))
  return toBase32(Buffer.concat([body, sum]))
}

function unsupported(): never {
  throw new NatsServerError('bad-argument', 'Signing keys cannot seal or open; that takes a curve key.')
}
