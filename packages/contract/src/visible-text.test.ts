import { expect, it } from 'vitest'
import { visibleJson, visibleLine, visibleText } from './visible-text.ts'

/** Every character that a terminal or a reader's eye may obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
const OBEYED = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('')

it('makes all control characters of a text visible, and keeps everything else', () => {
  expect(visibleText(all)).not.toMatch(OBEYED)
  expect(visibleText('a\u001b]8;;x\u0007\u009b2J\u007f\u202eb')).toBe('a\\x1b]8;;x\\x07\\x9b2J\\x7f\\u202eb')
  expect(visibleText('Übung\t雨 👩‍🚀\n')).toBe('Übung\t雨 👩‍🚀\n')
})

it('keeps line breaks of Windows, and shows other carriage returns', () => {
  expect(visibleText('a\r\nb\rc')).toBe('a\nb\\x0dc')
})

it('keeps a line one line', () => {
  expect(visibleLine('a\nb\tc\r\n')).toBe('a\\nb\\tc\\n')
})

it('keeps the value of JSON', () => {
  const json = visibleJson(JSON.stringify({ [all]: all }))
  expect(json).not.toMatch(OBEYED)
  expect(JSON.parse(json)).toEqual({ [all]: all })
})
