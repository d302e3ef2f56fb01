import { fileURLToPath } from 'node:url'

/** The family in which all text of a chart is measured and painted. It ships, so it is the same on every machine. */
export const CHART_FONT = 'Open Sans'

/** The font's TrueType files, by face. */
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
