import { Resvg } from '@resvg/resvg-js'
import { expect, it } from 'vitest'
import { CHART_FONT, chartFontFiles } from './chart-fonts.ts'
import { type TextItem, textMeasure } from './measure-text.ts'

const files = chartFontFiles()

/** The width of a text as it is painted. */
function painted(text: string, { fontWeight = 'normal', fontStyle = 'normal' }: TextItem): number {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="200"><text x="10" y="100" font-family="${CHART_FONT}"
    font-size="40" font-weight="${fontWeight}" font-style="${fontStyle}">${text}</text></svg>`
  const picture = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: Object.values(files) } })
  return picture.innerBBox()?.width ?? 0
}

it.each([
  ['Mean of daily maxima (°C)', {}],
  ['Mean of daily maxima (°C)', { fontWeight: 'bold' }],
  ['Mean of daily maxima (°C)', { fontWeight: 700, fontStyle: 'italic' }],
  ['HHHHHHHHHHHHHHHHHHHHHHHHHHHHHH', { fontStyle: 'italic' }],
  ['Température à Łódź, Αθήνα и Москва', {}],
] as [string, TextItem][])('measures %j %j as wide as it is painted', (text, face) => {
  const width = textMeasure(files).width({ ...face, fontSize: 40 }, text)
  const actual = painted(text, face)
  expect(actual).toBeGreaterThan(400)
  expect(Math.abs(width - actual) / actual).toBeLessThan(0.03)
})

it('stops at the limit of a text, and collects the characters that the font lacks', () => {
  const measure = textMeasure(files)
  expect(measure.width({ limit: 50 }, 'x'.repeat(100))).toBe(50)
  expect([...measure.missing]).toEqual([])
  measure.width({}, 'a雨 b')
  expect([...measure.missing]).toEqual(['雨'])
})
