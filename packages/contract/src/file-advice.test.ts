import { describe, expect, it } from 'vitest'
import { FILE_LIMITS_TEXT, fileAdvice } from './file-advice.ts'
import { FILE_LIMITS } from './file-limits.ts'

const { tables, jsonChars } = FILE_LIMITS

describe('fileAdvice', () => {
  it.each([
    ['a.csv', 'text/csv', tables, undefined],
    ['a.csv', 'text/csv', tables + 1, 'queryTable reads at most 500.0 MB, found 500.0 MB: split the file'],
    ['a.TSV', 'application/octet-stream', tables + 1, 'at most 500.0 MB'],
    ['a', 'text/csv; header=present', tables + 1, 'at most 500.0 MB'],
    ['a.json', 'application/json', jsonChars, undefined],
    ['a.json', 'application/json', jsonChars + 1, 'more than 32000000 characters only if it is a list'],
    ['a.ndjson', 'application/x-ndjson', jsonChars + 1, undefined],
    ['a.zip', 'application/zip', tables + 1, undefined],
  ])('says what tools take of %s (%s, %i bytes)', (name, mediaType, size, expected) => {
    const advice = fileAdvice({ name, mediaType, size })
    expect(advice).toEqual(expected === undefined ? undefined : expect.stringContaining(expected))
  })
})

it('states all limits in a sentence', () => {
  expect(FILE_LIMITS_TEXT).toMatch(/1\.1 GB .* 500\.0 MB .* 20\.0 MB.* 900000 characters/)
})
