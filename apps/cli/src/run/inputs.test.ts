import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { FILE_LIMITS, fileAdvice } from '@bailiwick/contract'
import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { expect, it } from 'vitest'
import { adviceOf, findInputFile } from './inputs.ts'

it.each([
  ['rows.csv', 'text/csv'],
  ['rows.json', 'application/json'],
  ['rows.bin', 'application/octet-stream'],
])('says before the upload of %s what the toolbox would say', async (name, mediaType) => {
  await using place = await scratch()
  const path = join(place.folder, name)
  const size = FILE_LIMITS.tables + 1
  await using file = await open(path, 'w')
  // Takes no space on the disk.
  await file.truncate(size)
  const advice = adviceOf(await findInputFile('rows', path, '--input'))
  expect(advice).toBe(fileAdvice({ name, mediaType, size }))
  expect(advice === undefined).toBe(name === 'rows.bin')
})
