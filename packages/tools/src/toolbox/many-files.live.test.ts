import { putArtifact } from '@bailiwick/bus'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startToolboxBed, type ToolboxBed } from '../../test/toolbox-bed.ts'

/** More than the consumers that one user may have (`limits.readers`, 256). */
const FILES = 300

let bed: ToolboxBed
beforeAll(async () => {
  bed = await startToolboxBed()
  await bed.host({})
  const inputs = await Promise.all(
    Array.from({ length: FILES }, async (_, n) => {
      const file = {
        run: 'r1',
        name: `part-${n}.txt`,
        mediaType: 'text/plain',
        bytes: Buffer.from(`file ${n}`),
      }
      return { name: `part_${n}`, artifact: await putArtifact(bed.coordinator, file), description: '' }
    }),
  )
  await bed.createTask({ run: 'r1', task: 'r1-t1', agent: 'analyst', inputs })
})
afterAll(() => bed?.[Symbol.asyncDispose]())

/** Counts the consumers that the server creates for the toolbox until it is disposed of. */
function countConsumers() {
  const subject = '$JS.EVENT.ADVISORY.API'
  const counted = { created: 0, [Symbol.dispose]: () => audits.unsubscribe() }
  const audits = bed.coordinator.connection.subscribe(subject, {
    callback(_, message) {
      const { client, subject } = message.json<{ client: { name_tag?: string }; subject: string }>()
      if (client.name_tag === 'toolbox' && subject.includes('.CONSUMER.CREATE.')) counted.created++
    },
  })
  return counted
}

it('reads and writes hundreds of files at once without a consumer for each', async () => {
  using consumers = countConsumers()
  const texts = await Promise.all(
    Array.from({ length: FILES }, (_, n) =>
      bed.call('analyst', 'readFile', { name: `part_${n}` }, { id: `1.${n}` }),
    ),
  )
  expect(texts).toEqual(Array.from({ length: FILES }, (_, n) => `file ${n}`))
  await Promise.all(
    Array.from({ length: FILES }, (_, n) =>
      bed.call('analyst', 'writeArtifact', { name: `copy-${n}.txt`, content: `copy ${n}` }, { id: `2.${n}` }),
    ),
  )
  const listed = (await bed.call('analyst', 'listFiles', {}, { id: '3.1' })) as { name: string }[]
  expect(listed).toHaveLength(2 * FILES)
  expect(listed.map(({ name }) => name)).toContain('copy-299.txt')
  await bed.coordinator.connection.flush()
  expect(consumers.created).toBe(0)
})
