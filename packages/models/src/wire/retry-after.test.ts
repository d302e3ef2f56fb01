import { describe, expect, it } from 'vitest'
import { readRetryAfter } from './retry-after.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

describe('readRetryAfter', () => {
  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after-ms': '180' }, 180],
    [{ 'retry-after-ms': '180', 'retry-after': '9' }, 180],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:03 GMT' }, 3000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:59:00 GMT' }, 0],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '-5' }, undefined],
    [{}, undefined],
  ])('reads %o as %s ms', (headers, expected) => {
    expect(readRetryAfter(new Headers(headers as Record<string, string>), NOW)).toBe(expected)
  })
})
