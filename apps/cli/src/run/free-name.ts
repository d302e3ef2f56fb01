import { MAX_FILE_NAME_BYTES } from '@bailiwick/contract'

/** Bytes of a name's extension, beyond which it counts as a part of the name. */
const MAX_EXTENSION_BYTES = 20

/** Names of devices on Windows, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/**
 * An unused name for a file in a folder, from a name that somebody else chose. It names no other folder, is not hidden,
 * and is valid on every system. Adds it to `taken`.
 *
 * @param taken names that are in use, as `nameKey` makes them
 */
export function freeName(name: string, taken: Set<string>): string {
  const plain = plainName(name)
  let free = numbered(plain, '')
  for (let n = 2; taken.has(nameKey(free)); n += 1) free = numbered(plain, `-${n}`)
  taken.add(nameKey(free))
  return free
}

/** Two names with the same key may be one file: some systems ignore case, or how a letter is composed. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC')
}

function plainName(name: string): string {
  const last =
    name
      .toWellFormed()
      .split(/[/\\]/)
      .findLast((part) => part !== '') ?? ''
  const plain = last
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are replaced
    .replaceAll(/[\0-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069<>:"|?*]/g, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '')
  if (plain === '') return 'artifact'
  return DEVICE.test(plain) ? `_${plain}` : plain
}

/** The name with a number before its extension, cut to at most `MAX_FILE_NAME_BYTES`. */
function numbered(name: string, number: string): string {
  const dot = name.lastIndexOf('.')
  const isExtension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES
  const stem = isExtension ? name.slice(0, dot) : name
  const ending = number + name.slice(stem.length)
  const room = MAX_FILE_NAME_BYTES - Buffer.byteLength(ending)
  return (Buffer.byteLength(stem) > room ? cut(stem, room) || 'artifact' : stem) + ending
}

/** The beginning of a text, cut between characters. */
function cut(text: string, maxBytes: number): string {
  let bytes = 0
  const kept: string[] = []
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += Buffer.byteLength(segment)
    if (bytes > maxBytes) break
    kept.push(segment)
  }
  return kept.join('')
}
