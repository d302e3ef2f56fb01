import { expect, it } from 'vitest'
import { mediaTypeOf } from './media-type.ts'

it.each([
  ['Seattle weather.csv', 'text/csv'],
  ['REPORT.MD', 'text/markdown'],
  ['folder/rows.jsonl', 'application/x-ndjson'],
  ['archive.tar.zip', 'application/zip'],
  ['notes', 'application/octet-stream'],
  ['.csv', 'application/octet-stream'],
  ['folder.csv/notes', 'application/octet-stream'],
  ['x.constructor', 'application/octet-stream'],
  ['x.', 'application/octet-stream'],
])('knows the media type of %s', (name, expected) => {
  expect(mediaTypeOf(name)).toBe(expected)
})

it('returns the given type for an unknown extension', () => {
  expect(mediaTypeOf('LICENSE', 'text/plain')).toBe('text/plain')
})
