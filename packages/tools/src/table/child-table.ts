import { hasCode, InputError } from '@bailiwick/contract/world'
import { decodePieces, NotUtf8Error, type TextEncoding } from '@bailiwick/core/inputs'
import type { GivenFiles } from '../child/serve-child.ts'
import { type RowReader, readRows } from './read-rows.ts'
import type { TableName } from './table.ts'

/** A table in a child. Its file can be read as often as `MAX_OPENS` says. */
export class ChildTable {
  readonly about: TableName
  readonly #files: GivenFiles
  readonly #number: number
  #encoding: TextEncoding = 'utf-8'

  /** @param number the file's number in the child's request */
  constructor(about: TableName, files: GivenFiles, number: number) {
    this.about = about
    this.#files = files
    this.#number = number
  }

  /** The whole file as text. */
  async text(): Promise<string> {
    return this.#asText(async () => {
      const pieces: string[] = []
      for await (const piece of this.#pieces()) pieces.push(piece)
      return pieces.join('')
    })
  }

  /**
   * Reads the file row by row, at once or a second time.
   *
   * @param undo undoes what `use` did before the file turned out to be in another encoding than UTF-8
   * @throws InputError that names the file
   */
  async read<T>(use: (open: () => RowReader) => Promise<T>, undo: () => void = () => {}): Promise<T> {
    const { file, format } = this.about
    try {
      return await this.#asText(() => use(() => readRows(this.#pieces(), format)), undo)
    } catch (error) {
      if (hasCode(error, 'bad-input')) throw new InputError(`${file}: ${error.message}`)
      throw error
    }
  }

  #pieces(): AsyncGenerator<string> {
    return decodePieces(this.#files.open(this.#number), this.#encoding)
  }

  async #asText<T>(read: () => Promise<T>, undo: () => void = () => {}): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof NotUtf8Error)) throw error
      this.#encoding = 'windows-1252'
      undo()
      return await read()
    }
  }
}
