import { parseCreds } from '@nats-io/jwt'
import { describe, expect, it } from 'vitest'
import { mintUser, readCredentials } from './credentials.ts'
import { createKey } from './key-pair.ts'

const account = createKey('account')
const permissions = { publish: { allow: ['a.>'], deny: ['a.b'] }, subscribe: { allow: [] } }

describe('readCredentials', () => {
  it('reads what was minted, as @nats-io/jwt does', async () => {
    const minted = await mintUser(account, { name: 'user', permissions, expiresInSeconds: 60 })
    const { key, uc, aid } = await parseCreds(new TextEncoder().encode(minted.creds))
    const expected = { publicKey: minted.publicKey, expires: minted.expires, seed: key, account: aid }
    expect(await readCredentials(minted.creds)).toMatchObject(expected)
    expect(aid).toBe(account.getPublicKey())
    expect(uc.sub).toBe(minted.publicKey)
    expect(await readCredentials(minted.creds.replaceAll('\n', '\r\n'))).toMatchObject(expected)
    expect((await mintUser(account, { name: 'user' })).expires).toBeUndefined()
  })

  it('refuses text that is cut, other text, and claims that the account did not sign', async () => {
    const { creds } = await mintUser(account, { name: 'user', permissions })
    const [, jwt = ''] = /\n(ey\S+)\n/.exec(creds) ?? []
    const [head, body = '', signature] = jwt.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    const forge = (change: object) => {
      const forged = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url')
      return creds.replace(jwt, `${head}.${forged}.${signature}`)
    }
    expect(await readCredentials(creds)).toBeDefined()
    for (const text of [
      creds.slice(0, creds.indexOf(jwt) + 300),
      creds.slice(0, creds.indexOf('-----BEGIN USER NKEY')),
      'SUAJUSTANNKEY',
      '',
      forge({ nats: { ...claims.nats, pub: {} } }),
      forge({ iss: createKey('account').getPublicKey() }),
      forge({ iss: 'nonsense' }),
    ]) {
      expect(await readCredentials(text)).toBeUndefined()
    }
  })
})
