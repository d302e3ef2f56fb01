/** Bytes of a written file's name. File systems allow 255; the rest is for a number. */
const MAX_NAME_BYTES = 240

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
  const { stem, extension } = split(plainName(name))
  let free = stem + extension
  for (let n = 2; taken.has(nameKey(free)); n += 1) free = `${stem}-${n}${extension}`
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

/** The name without its extension, and the extension, together at most `MAX_NAME_BYTES`. */
function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  const extension =
    dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : ''
  let stem = name.slice(0, name.length - extension.length)
  const room = MAX_NAME_BYTES - Buffer.byteLength(extension)
  if (Buffer.byteLength(stem) > room) {
    // Cuts between characters.
    let bytes = 0
    const kept: string[] = []
    for (const { segment } of new Intl.Segmenter().segment(stem)) {
      bytes += Buffer.byteLength(segment)
      if (bytes > room) break
      kept.push(segment)
    }
    stem = kept.join('') || 'artifact'
  }
  return { stem, extension }
}
