/** The width of each character of a font, as a fraction of the font size. */
export interface GlyphWidths {
  /** Undefined if the font has no glyph for the character. */
  of(codePoint: number): number | undefined
}

/**
 * Reads the widths from a TrueType file. Laying out a line of text needs only two of its tables: `cmap` (character to
 * glyph) and `hmtx` (glyph to width). Ignores kerning, which changes less than 1%.
 */
export function readGlyphWidths(file: Uint8Array): GlyphWidths {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const unitsPerEm = view.getUint16(tableAt(view, 'head') + 18)
  const measured = view.getUint16(tableAt(view, 'hhea') + 34)
  const metrics = tableAt(view, 'hmtx')
  const glyphOf = characterMap(view)
  return {
    of(codePoint) {
      const glyph = glyphOf(codePoint)
      if (glyph === 0) return undefined
      // All glyphs after the last measured one have its width.
      return view.getUint16(metrics + Math.min(glyph, measured - 1) * 4) / unitsPerEm
    },
  }
}

function tableAt(view: DataView, tag: string): number {
  const count = view.getUint16(4)
  for (let index = 0; index < count; index++) {
    const entry = 12 + index * 16
    if (view.getUint32(entry) === tagNumber(tag)) return view.getUint32(entry + 8)
  }
  throw new TypeError(`expected a font file with the table ${tag}, found none`)
}

function tagNumber(tag: string): number {
  return [...tag].reduce((number, letter) => number * 256 + (letter.codePointAt(0) ?? 0), 0)
}

/** Reads the subtable of format 4, which maps ranges of characters of the Basic Multilingual Plane. */
function characterMap(view: DataView): (codePoint: number) => number {
  const cmap = tableAt(view, 'cmap')
  const offsets = Array.from({ length: view.getUint16(cmap + 2) }, (_, index) =>
    view.getUint32(cmap + 8 + index * 8),
  )
  const found = offsets.find((offset) => view.getUint16(cmap + offset) === 4)
  if (found === undefined) throw new TypeError('expected a font file with a character map of format 4')
  const start = cmap + found
  const size = view.getUint16(start + 6)
  const [ends, starts, deltas, ranges] = [14, 16 + size, 16 + 2 * size, 16 + 3 * size].map(
    (at) => start + at,
  ) as [number, number, number, number]
  return (codePoint) => {
    for (let at = 0; at < size; at += 2) {
      if (view.getUint16(ends + at) < codePoint) continue
      const first = view.getUint16(starts + at)
      if (first > codePoint) return 0
      const delta = view.getUint16(deltas + at)
      const range = view.getUint16(ranges + at)
      if (range === 0) return (codePoint + delta) & 0xffff
      const glyph = view.getUint16(ranges + at + range + (codePoint - first) * 2)
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff
    }
    return 0
  }
}
