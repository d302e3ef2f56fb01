const BLOCK = 512

/** The bytes of a regular file by its base name in an unpacked tar; undefined where it holds none. */
export function findInTar(tar: Buffer, fileName: string): Buffer | undefined {
  let at = 0
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const header = tar.subarray(at, at + BLOCK)
    const name = textUntilZero(header.subarray(0, 100))
    const size = Number.parseInt(textUntilZero(header.subarray(124, 136)).trim(), 8)
    if (!Number.isSafeInteger(size) || at + BLOCK + size > tar.length) throw new Error('damaged tar header')
    const type = header[156] ?? 0
    // '0', or NUL in the oldest archives: a regular file.
    const regular = type === 0x30 || type === 0
    if (regular && name.split('/').at(-1) === fileName) return tar.subarray(at + BLOCK, at + BLOCK + size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return undefined
}

function textUntilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}
