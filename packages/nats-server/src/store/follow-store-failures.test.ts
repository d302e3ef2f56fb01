import { expect, it } from 'vitest'
import { storeFailure } from './follow-store-failures.ts'

const at = '[7] 2026/11/30 07:13:29.331323'

it.each([
  "[ERR] JetStream failed to store a msg on stream 'A > KV': write 1.blk: no space left on device",
  '[ERR] Filestore [A] Critical write error: write 1.blk: no space left on device',
  '[ERR] JetStream out of file resources, will be DISABLED',
])('recognizes %s', (text) => {
  expect(storeFailure(`${at} ${text}`, 7)).toBe(text.slice(6))
})

it.each([
  `${at} [ERR] 127.0.0.1:1 - cid:5 - "v1:node:JetStream failed to store a msg" - Publish Violation - Subject "x"`,
  `${at} [WRN] Filestore [A] Stream state too short (0 bytes)`,
  // Another process.
  '[8] 2026/11/30 07:13:29.331323 [ERR] JetStream failed to store a msg on stream',
])('ignores %s', (line) => {
  expect(storeFailure(line, 7)).toBeUndefined()
})
