import { closeSync, existsSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { readRows } from '../dataset/read-rows.ts'

/**
 * A file of JSON lines that only grows. A line is in the file when `append` returns, so it survives the death of this
 * process. A line that a dying process wrote in part is dropped when the file is opened again.
 */
export class LineLog implements Disposable {
  readonly path: string
  readonly #file: number
  #end: number

  constructor(path: string) {
    this.path = path
    // Not "a": truncating needs a file that is open for reading and writing.
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w+')
    this.#end = dropTornLine(this.#file)
  }

  append(line: object): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#end + written)
    }
    this.#end += bytes.length
  }

  /** Reads the lines from the first, one at a time. */
  read(): AsyncGenerator<unknown> {
    return readRows(this.path)
  }

  /** Removes all lines. */
  clear(): void {
    ftruncateSync(this.#file, 0)
    this.#end = 0
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }
}

const BLOCK = 65_536

/** Cuts the file after its last line break, and returns its length. */
function dropTornLine(file: number): number {
  const block = Buffer.alloc(BLOCK)
  let end = 0
  for (let at = 0; ; ) {
    const read = readSync(file, block, 0, BLOCK, at)
    if (read === 0) break
    const last = block.subarray(0, read).lastIndexOf(10)
    if (last >= 0) end = at + last + 1
    at += read
  }
  ftruncateSync(file, end)
  return end
}
