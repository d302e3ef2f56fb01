import { readFileSync } from 'node:fs'
import type { chartFontFiles } from './chart-fonts.ts'
import { type GlyphWidths, readGlyphWidths } from './glyph-widths.ts'

/** Vega's description of a text to measure. */
export interface TextItem {
  fontSize?: number
  fontWeight?: string | number
  fontStyle?: string
  /** Pixels at which the text is cut; 0 for never. */
  limit?: number
}

export interface TextMeasure {
  /** Pixels. */
  width(item: TextItem, text: unknown): number
  /** Measured characters that the font lacks. */
  readonly missing: Set<string>
}

/** Measures text with the font files that it is painted with. */
export function textMeasure(files: ReturnType<typeof chartFontFiles>): TextMeasure {
  const faces = new Map<string, GlyphWidths>()
  const missing = new Set<string>()
  const face = (file: string): GlyphWidths => {
    const known = faces.get(file) ?? readGlyphWidths(readFileSync(file))
    faces.set(file, known)
    return known
  }
  return {
    missing,
    width(item, text) {
      const widths = face(files[faceName(item)])
      const blank = widths.of(0x20) ?? 0.25
      let ems = 0
      for (const character of String(text ?? '').trim()) {
        const width = widths.of(character.codePointAt(0) ?? 0)
        if (width === undefined && character.trim() !== '') missing.add(character)
        ems += width ?? blank
      }
      const pixels = ems * (item.fontSize ?? 11)
      // Vega cuts a text to its limit before painting it.
      return item.limit !== undefined && item.limit > 0 ? Math.min(pixels, item.limit) : pixels
    },
  }
}

function faceName({ fontWeight, fontStyle }: TextItem): keyof ReturnType<typeof chartFontFiles> {
  const bold = fontWeight === 'bold' || fontWeight === 'bolder' || Number(fontWeight) >= 600
  if (fontStyle === 'italic' || fontStyle === 'oblique') return bold ? 'boldItalic' : 'italic'
  return bold ? 'bold' : 'regular'
}
