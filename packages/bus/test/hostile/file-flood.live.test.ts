import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type Bus,
  CHUNK_BYTES,
  decodeFrame,
  encodeFrame,
  formatKey,
  getArtifact,
  namedUser,
  putArtifact,
  SUBJECTS,
  serveFiles,
} from '../../src/index.ts'
import { type HostileBed, openHostileBed } from './hostile-bed.ts'

let bed: HostileBed
let files: AsyncDisposable
let alice: Bus
beforeAll(async () => {
  bed = await openHostileBed()
  files = await serveFiles(await bed.connectAs({ role: 'toolbox', tools: [] }))
  alice = await bed.connectAs({ role: 'user', name: 'alice' })
})
afterAll(async () => {
  await files?.[Symbol.asyncDispose]()
  await bed?.[Symbol.asyncDispose]()
})

it('a flood of chunks of one user is refused beyond a number of open requests, and stops no other user', async () => {
  const bob = await bed.intrudeAs({ role: 'user', name: 'bob' })
  const replies = new Map<string, number>()
  const inbox = '_INBOX.user-bob.flood'
  bob.connection.subscribe(inbox, {
    callback: (_, message) => {
      const { head } = decodeFrame(message.data) as { head: { ok: boolean; error?: { code: string } } }
      const code = head.ok ? 'ok' : (head.error?.code ?? 'none')
      replies.set(code, (replies.get(code) ?? 0) + 1)
    },
  })
  const COUNT = 1_500
  const sent = (async () => {
    for (let n = 0; n < COUNT; n += 1) {
      const id = randomUUID().replaceAll('-', '')
      const key = formatKey({ kind: 'file', scope: 'rb', owner: namedUser('bob'), id })
      const frame = encodeFrame({ key, index: 0 }, Buffer.alloc(CHUNK_BYTES / 8))
      bob.connection.publish(SUBJECTS.file('write', namedUser('bob')), frame, { reply: inbox })
    }
    await bob.connection.flush()
  })()
  const bytes = Buffer.alloc(20 * CHUNK_BYTES, 'alice')
  const ref = await putArtifact(alice, { run: 'ra', name: 'a', mediaType: 'text/plain', bytes })
  expect(Buffer.from(await getArtifact(alice, ref)).equals(bytes)).toBe(true)
  await sent
  await expect.poll(() => [...replies.values()].reduce((a, b) => a + b, 0), { timeout: 30_000 }).toBe(COUNT)
  expect([...replies.keys()].sort()).toEqual(['busy', 'ok'])
  // Alone, the same user is served again.
  const own = await bed.connectAs({ role: 'user', name: 'bob' })
  const small = await putArtifact(own, {
    run: 'rb',
    name: 'b',
    mediaType: 'text/plain',
    bytes: Buffer.from('b'),
  })
  expect(Buffer.from(await getArtifact(own, small)).toString()).toBe('b')
})
