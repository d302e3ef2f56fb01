import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBus, type TestBus, until } from '../../test/test-bus.ts'
import { artifactBucket, objectStream } from '../protocol/places.ts'
import { prepareWriter } from '../streams/prepare-streams.ts'
import { copyArtifact } from './copy-artifact.ts'
import { getArtifact } from './get-artifact.ts'
import { putArtifact } from './put-artifact.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
  await prepareWriter(test.bus, 'writer')
})
afterAll(() => test[Symbol.asyncDispose]())

const put = (key: string, bytes: Uint8Array) =>
  putArtifact(test.bus, {
    writer: 'writer',
    key,
    name: 'a.bin',
    mediaType: 'application/octet-stream',
    bytes,
  })

it.each([
  ['nothing', 0],
  ['one piece', 1],
  ['many pieces', 3_000_001],
])('reads and copies a file of %s', async (_, size) => {
  const bytes = Buffer.alloc(size, 'abcdefg')
  const ref = await put(`r/${size}`, bytes)
  expect(Buffer.from(await getArtifact(test.bus, ref)).equals(bytes)).toBe(true)
  const copy = await copyArtifact(test.bus, ref, { writer: 'coordinator', key: `c/${size}` })
  expect(Buffer.from(await getArtifact(test.bus, copy)).equals(bytes)).toBe(true)
})

it('leaves no consumer on the server', async () => {
  const ref = await put('r/left', Buffer.from('x'))
  for (let n = 0; n < 5; n += 1) await getArtifact(test.bus, ref)
  await copyArtifact(test.bus, ref, { writer: 'coordinator', key: 'c/left' })
  const stream = objectStream(artifactBucket('writer'))
  await until(
    async () => (await test.bus.jsm.streams.info(stream)).state.consumer_count === 0,
    'the consumers to be deleted',
  )
})
