import { bare, indexOf, isArray, ownKeys, slice } from './primordials.ts'

const MAX_KEYS = 500

const known: Record<string, true> = bare({})
let count = 0

/** Remembers the keys of call results, so that an error can suggest one that the code misspelt. */
export function noteKeys(value: unknown, depth = 0): undefined {
  if (typeof value !== 'object' || value === null || depth > 3 || count >= MAX_KEYS) return
  if (isArray(value)) return value.length > 0 ? noteKeys(value[0], depth + 1) : undefined
  const keys = ownKeys(value)
  for (let index = 0; index < keys.length && index < 50; index += 1) {
    const key = keys[index]
    if (typeof key !== 'string') continue
    if (known[key] === undefined) {
      known[key] = true
      count += 1
    }
    noteKeys((value as Record<string, unknown>)[key], depth + 1)
  }
}

/** Takes the text of {@link knownKeys} from another world. */
export function setKnownKeys(text: string): void {
  for (let at = 0; at < text.length; ) {
    const end = indexOf(text, '\n', at)
    const key = slice(text, at, end < 0 ? text.length : end)
    known[key] = true
    count += 1
    at += key.length + 1
  }
}

/** The known keys, one per line. */
export function knownKeys(): string {
  let text = ''
  for (const key in known) text += (text === '' ? '' : '\n') + key
  return text
}
