import { createPair, fromPublic, fromSeed, Prefix } from '@nats-io/nkeys'
import { expect, it } from 'vitest'
import { createKey, isUserPublicKey, type KeyKind, keyFromSeed } from './key-pair.ts'

const KINDS: [KeyKind, Prefix][] = [
  ['operator', Prefix.Operator],
  ['account', Prefix.Account],
  ['user', Prefix.User],
]

it.each(KINDS)('makes the same %s keys as the NATS library', (kind, prefix) => {
  const theirs = createPair(prefix)
  const ours = keyFromSeed(new TextDecoder().decode(theirs.getSeed()))
  expect(ours.getPublicKey()).toBe(theirs.getPublicKey())
  expect(ours.getSeed()).toEqual(theirs.getSeed())
  expect(ours.getPrivateKey()).toEqual(theirs.getPrivateKey())

  const fresh = createKey(kind)
  expect(fromSeed(fresh.getSeed()).getPublicKey()).toBe(fresh.getPublicKey())
  const text = new TextEncoder().encode('signed')
  expect(fromPublic(fresh.getPublicKey()).verify(text, fresh.sign(text))).toBe(true)
  expect(fresh.verify(new TextEncoder().encode('other'), fresh.sign(text))).toBe(false)
})

it('rejects a damaged seed', () => {
  const seed = new TextDecoder().decode(createKey('user').getSeed())
  const other = seed.at(20) === 'A' ? 'B' : 'A'
  expect(() => keyFromSeed(`${seed.slice(0, 20)}${other}${seed.slice(21)}`)).toThrow('damaged')
  expect(() => keyFromSeed(createKey('user').getPublicKey())).toThrow('damaged')
  expect(() => keyFromSeed('')).toThrow('damaged')
})

it("accepts only an undamaged user's public key as a public key", () => {
  const key = createKey('user').getPublicKey()
  expect(isUserPublicKey(key)).toBe(true)
  expect(isUserPublicKey(createKey('account').getPublicKey())).toBe(false)
  expect(isUserPublicKey(`${key.slice(0, 30)}${key[30] === 'A' ? 'B' : 'A'}${key.slice(31)}`)).toBe(false)
})
