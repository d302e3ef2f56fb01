import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import type { KeyPair } from '@nats-io/nkeys'
import { NatsServerError } from '../nats-server-error.ts'

/** The kinds of NATS keys that this package uses. */
export type KeyKind = 'operator' | 'account' | 'user'

// First byte of a public key. It makes the text start with O, A or U.
const PREFIX: Record<KeyKind, number> = { operator: 14 << 3, account: 0, user: 20 << 3 }
const SEED_PREFIX = 18 << 3
const PRIVATE_PREFIX = 15 << 3

// DER framing of a raw 32-byte Ed25519 private key (RFC 8410).
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
// The same for a raw public key.
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

/** Creates a random key pair. */
export function createKey(kind: KeyKind): KeyPair {
  return keyPair(kind, randomBytes(32))
}

/**
 * Reads a seed (`SO…`, `SA…`, `SU…`) back into a key pair.
 *
 * @throws NatsServerError `bad-state` if the text is not a seed or its checksum is wrong
 */
export function keyFromSeed(seed: string): KeyPair {
  const body = decode(seed)
  const kind = kindOf(body)
  if (body?.length !== 34 || !kind) {
    throw new NatsServerError('bad-state', 'Expected a NATS seed (S…), found other or damaged text.')
  }
  return keyPair(kind, body.subarray(2))
}

/**
 * Whether the owner of a public key (`A…`, `O…`, `U…`) signed the data. `@nats-io/nkeys` computes this in JavaScript,
 * which takes about 15 ms.
 */
export function isSignedBy(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
  const body = decode(publicKey)
  if (body?.length !== 33) return false
  const der = Buffer.concat([SPKI_HEAD, body.subarray(1)])
  return verify(null, data, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
}

/** Whether the text is the public key of a user: `U…`, 56 characters, with a correct checksum. */
export function isUserPublicKey(text: string): boolean {
  return /^U[A-Z2-7]{55}$/.test(text) && decode(text)?.length === 33
}

function kindOf(body: Buffer | undefined): KeyKind | undefined {
  const [first = 0, second = 0] = body ?? []
  if ((first & 0xf8) !== SEED_PREFIX) return undefined
  const prefix = ((first & 7) << 5) | (second >> 3)
  return (Object.keys(PREFIX) as KeyKind[]).find((kind) => PREFIX[kind] === prefix)
}

/**
 * A `KeyPair` for `@nats-io/jwt` that signs with the runtime's own Ed25519. The pairs of `@nats-io/nkeys` derive
 * the key again in JavaScript at every use, which makes minting 9 times as slow (`pnpm bench nats-server`).
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
    getPrivateKey: () => new TextEncoder().encode(encode(Buffer.from([PRIVATE_PREFIX]), raw, rawPublic)),
    sign: (input) => sign(null, input, privateKey),
    verify: (input, signature) => verify(null, input, verifier, signature),
    clear: () => {},
    seal: unsupported,
    open: unsupported,
  }
}

function unsupported(): never {
  throw new NatsServerError('bad-argument', 'Expected a curve key: signing keys cannot seal or open.')
}

/** The text of a NATS key: base32 of its bytes and their checksum. */
function encode(...parts: Uint8Array[]): string {
  const body = Buffer.concat(parts)
  const sum = Buffer.alloc(2)
  sum.writeUInt16LE(crc16(body))
  return toBase32(Buffer.concat([body, sum]))
}

/** The bytes of a NATS key, or undefined if the text is not base32 or the checksum is wrong. */
function decode(text: string): Buffer | undefined {
  const bytes = fromBase32(text)
  if (bytes === undefined || bytes.length < 3) return undefined
  const body = bytes.subarray(0, -2)
  return crc16(body) === bytes.readUInt16LE(body.length) ? body : undefined
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 base32 without padding. */
function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >> bits) & 31]
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}

function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return undefined
    value = ((value << 5) | digit) & 0xffff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff) >>> 0
  }
  return crc
}
