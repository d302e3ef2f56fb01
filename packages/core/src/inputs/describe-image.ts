/** The size of an image in pixels, from its first bytes; undefined if they are no PNG, JPEG, GIF, WebP, BMP or SVG. */
export function imageSize(bytes: Uint8Array): { width: number; height: number; format: string } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ascii = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to))
  const made = (format: string, width: number, height: number) => ({ format, width, height })
  try {
    if (ascii(1, 4) === 'PNG' && bytes[0] === 0x89) return made('PNG', view.getUint32(16), view.getUint32(20))
    if (/^GIF8[79]a$/.test(ascii(0, 6))) return made('GIF', view.getUint16(6, true), view.getUint16(8, true))
    if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return webpSize(view, ascii(12, 16))
    if (ascii(0, 2) === 'BM' && view.getUint32(14, true) >= 40)
      return made('BMP', Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true)))
    if (view.getUint16(0) === 0xffd8) return jpegSize(view)
  } catch (error) {
    // The bytes end before the size.
    if (!(error instanceof RangeError)) throw error
  }
  return undefined
}

function webpSize(view: DataView, chunk: string) {
  const uint24 = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000
  if (chunk === 'VP8X') return { format: 'WebP', width: uint24(24) + 1, height: uint24(27) + 1 }
  if (chunk === 'VP8 ')
    return {
      format: 'WebP',
      width: view.getUint16(26, true) & 0x3fff,
      height: view.getUint16(28, true) & 0x3fff,
    }
  if (chunk !== 'VP8L') return undefined
  const bits = view.getUint32(21, true)
  return { format: 'WebP', width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
}

/** The size is in the frame header, behind segments of other kinds. @throws RangeError if the bytes end before it */
function jpegSize(view: DataView) {
  for (let at = 2; ; ) {
    const marker = view.getUint16(at)
    if (marker === 0xffff) at += 1
    else if (marker >> 8 !== 0xff) return undefined
    else if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker))
      return { format: 'JPEG', width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    else at += 2 + view.getUint16(at + 2)
  }
}

/** The size of an SVG, from its attributes; undefined if they give none. */
export function svgSize(text: string): { width: number; height: number; format: string } | undefined {
  const tag = /<svg\b[^>]{0,5000}>/i.exec(text.slice(0, 20_000))?.[0]
  if (tag === undefined) return undefined
  const length = (name: string) =>
    Number(new RegExp(`\\s${name}\\s*=\\s*["']\\s*([\\d.]+)(?:px)?\\s*["']`, 'i').exec(tag)?.[1])
  const box = /\sviewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)/i.exec(tag)
  const [width, height] = [length('width') || Number(box?.[1]), length('height') || Number(box?.[2])]
  return width > 0 && height > 0 ? { format: 'SVG', width, height } : undefined
}
