import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { EVENT_OF_RECORD } from './event-names.ts'

it('knows every event that the documentation tells of', async () => {
  const text = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8')
  const told = [...text.matchAll(/^\| `([a-z.-]+)` \|/gm)].map(([, name = '']) => name)
  // What cannot be read is no record.
  const records = told.filter((name) => name !== 'journal.unreadable')
  expect(Object.values(EVENT_OF_RECORD).sort()).toEqual(records.sort())
})
