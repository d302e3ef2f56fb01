import { errorText, FILE_LIMITS, InputError } from '@bailiwick/contract/world'
import { MAX_RECORD_CHARS } from './csv.ts'

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/**
 * Reads the items of a JSON list that arrives in pieces, so that a list larger than memory can be read. Any other
 * document is read as a whole: the only list of objects in it counts.
 */
export class JsonItems {
  readonly #deliver: (item: unknown) => void
  #kind: 'list' | 'document' | undefined
  /** What has arrived of an item, or of the whole document. */
  #rest = ''
  /** How far `#rest` was looked at, and where in its structure that is. */
  #seen = 0
  #depth = 0
  #isInString = false
  #isEnded = false
  #items = 0

  constructor(deliver: (item: unknown) => void) {
    this.#deliver = deliver
  }

  /** @throws InputError that says where the text is no JSON */
  write(piece: string): void {
    this.#rest += piece
    if (this.#kind === undefined) {
      this.#rest = this.#rest.trimStart()
      if (this.#rest === '') return
      this.#kind = this.#rest.startsWith('[') ? 'list' : 'document'
      if (this.#kind === 'list') this.#rest = this.#rest.slice(1)
    }
    if (this.#kind === 'list') {
      this.#readItems()
      if (this.#rest.length <= MAX_RECORD_CHARS) return
      throw new InputError(
        `item ${this.#items + 1}: expected at most ${MAX_RECORD_CHARS} characters, found more`,
      )
    }
    if (this.#rest.length <= FILE_LIMITS.jsonChars) return
    throw new InputError(
      `expected a JSON list, or another document of at most ${FILE_LIMITS.jsonChars} characters, found a longer one: convert it to a list, NDJSON or CSV`,
    )
  }

  /** Call after the last piece. @throws as {@link write} */
  end(): void {
    if (this.#kind !== 'list') {
      for (const item of itemsOf(parseJsonText(this.#rest, ''))) this.#deliver(item)
    } else if (!this.#isEnded) {
      throw new InputError('expected JSON: the list has no end')
    }
  }

  #readItems(): void {
    const text = this.#rest
    let start = 0
    let at = this.#seen
    let depth = this.#depth
    let isInString = this.#isInString
    for (; at < text.length && !this.#isEnded; at++) {
      const code = text.charCodeAt(at)
      if (isInString) {
        if (code === BACKSLASH) at += 1
        else if (code === QUOTE) isInString = false
      } else if (code === QUOTE) isInString = true
      else if (code === OPEN_LIST || code === OPEN_OBJECT) depth += 1
      else if (depth > 0 && (code === CLOSE_LIST || code === CLOSE_OBJECT)) depth -= 1
      else if (depth === 0 && (code === COMMA || code === CLOSE_LIST)) {
        this.#read(text.slice(start, at), code === CLOSE_LIST)
        start = at + 1
      }
    }
    this.#depth = depth
    this.#isInString = isInString
    this.#rest = text.slice(start)
    // Behind the end if an escaped character is still to come.
    this.#seen = at - start
    if (this.#isEnded && this.#rest.trim() !== '')
      throw new InputError('expected JSON: found more text after the list')
  }

  #read(text: string, isLast: boolean): void {
    this.#isEnded = isLast
    if (isLast && this.#items === 0 && text.trim() === '') return
    this.#items += 1
    this.#deliver(parseJsonText(text, `item ${this.#items}: `))
  }
}

/** The items of a document that is not a list: those of the only list of objects in it. */
function itemsOf(document: unknown): unknown[] {
  const lists = isObject(document) ? Object.values(document).filter(isListOfObjects) : []
  const [only] = lists
  if (lists.length === 1 && only !== undefined) return only
  throw new InputError('expected a JSON list of objects, or an object that holds one such list')
}

/** Not `parseJson`, because the author of the file needs to know what is wrong with it. */
export function parseJsonText(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(`${where}expected JSON: ${errorText(error)}`)
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfObjects(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}
