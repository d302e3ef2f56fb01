import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from './asyncapi.ts'
import { EVENT_TYPES } from './event-types.ts'

describe('docs/asyncapi.json', () => {
  it('matches the schemas (`node packages/bus/scripts/write-asyncapi.ts` writes it)', async () => {
    const written = await readFile(new URL('../../../../docs/asyncapi.json', import.meta.url), 'utf8')
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(asyncApiDocument('1'))))
  })

  it('contains every event', () => {
    const { channels } = asyncApiDocument('1')
    expect(channels).toMatchObject(
      Object.fromEntries(
        Object.keys(EVENT_TYPES).map((name) => [
          `event.${name}`,
          { address: `bailiwick.v1.event.${name}.{owner}.{run}` },
        ]),
      ),
    )
  })
})
