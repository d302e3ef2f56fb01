import { crc32, inflateRawSync } from 'node:zlib'

const END = 0x06054b50
const ENTRY = 0x02014b50
const STORED = 0
const DEFLATED = 8

/** The bytes of a file by its base name in a zip; undefined where it holds none. Sizes of 4 GiB and above are not read. */
export function findInZip(zip: Buffer, fileName: string, maxBytes: number): Buffer | undefined {
  // Sizes in local headers may be missing; the directory at the end always has them.
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || zip.readUInt32LE(end) !== END) throw new Error('no zip directory')
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new Error('damaged zip directory')
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    if (name.split('/').at(-1) === fileName) return readEntry(zip, at, maxBytes)
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return undefined
}

function readEntry(zip: Buffer, entry: number, maxBytes: number): Buffer {
  const method = zip.readUInt16LE(entry + 10)
  const packed = zip.readUInt32LE(entry + 20)
  const local = zip.readUInt32LE(entry + 42)
  // The local header has lengths of its own for name and extra fields.
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const data = zip.subarray(start, start + packed)
  if (method !== STORED && method !== DEFLATED) throw new Error(`zip method ${method} is not supported`)
  const bytes = method === STORED ? data : inflateRawSync(data, { maxOutputLength: maxBytes })
  if (crc32(bytes) !== zip.readUInt32LE(entry + 16)) throw new Error('wrong CRC')
  return bytes
}
