import { fileURLToPath } from 'node:url'

/** The family that every text of a chart is measured and painted in: the same on every machine. */
export const CHART_FONT = 'Open Sans'

/** The font's files, by face. The package is taken for its TrueType files alone. */
export function chartFontFiles(): { regular: string; bold: string; italic: string; boldItalic: string } {
  return {
    regular: fontFile('400Regular'),
    bold: fontFile('700Bold'),
    italic: fontFile('400Regular_Italic'),
    boldItalic: fontFile('700Bold_Italic'),
  }
}

function fontFile(face: string): string {
  return fileURLToPath(import.meta.resolve(`@expo-google-fonts/open-sans/${face}/OpenSans_${face}.ttf`))
}
