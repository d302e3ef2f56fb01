import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { errorText, InputError } from '@bailiwick/contract'

/** Reads a file of JSON lines, one at a time. Skips empty lines. */
export async function* readRows(path: string): AsyncGenerator<unknown> {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  let number = 0
  for await (const line of lines) {
    number += 1
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line
    if (text.trim() === '') continue
    try {
      yield JSON.parse(text)
    } catch (error) {
      throw new InputError(`${path}:${number}: expected a line of JSON, found: ${errorText(error)}`)
    }
  }
}
