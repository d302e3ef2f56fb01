import { MAX_FILE_BYTES } from '@bailiwick/bus'
import { expect, it } from 'vitest'
import type { Client } from './connect.ts'
import { uploadFiles } from './upload-files.ts'

/** Bytes of this length that take no memory. */
function large(length: number): Uint8Array {
  return Object.create(Uint8Array.prototype, {
    length: { value: length },
    subarray: { value: () => new Uint8Array(1) },
  }) as Uint8Array
}

it('refuses a file that is too large before it stores any', async () => {
  const client = {} as Client
  const files = { 'a.csv': 'x\n1\n', 'b.csv': large(MAX_FILE_BYTES + 1) }
  await expect(uploadFiles(client, 'r', files, { uploaded: [] })).rejects.toThrow(
    'Expected a file of at most 1.1 GB, found b.csv',
  )
})
