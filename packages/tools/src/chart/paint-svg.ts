import { Resvg } from '@resvg/resvg-js'
import { CHART_FONT, chartFontFiles } from './chart-fonts.ts'
import { cleanSvg } from './clean-svg.ts'

export interface RasterRequest {
  svg: string
  /** Pixels of the picture per pixel of the chart. */
  scale: number
}

/** The document that was checked, and the picture of it. */
export interface RasterReply {
  svg: string
  /** Base64. */
  png: string
}

/** Checks an SVG and paints it as PNG. @throws InputError for an SVG with an address or an unknown attribute */
export function paintSvg({ svg: drawn, scale }: RasterRequest): RasterReply {
  const svg = cleanSvg(drawn)
  const picture = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: Object.values(chartFontFiles()),
      defaultFontFamily: CHART_FONT,
      // A text of any family is painted in the font that it was measured in.
      serifFamily: CHART_FONT,
      sansSerifFamily: CHART_FONT,
      cursiveFamily: CHART_FONT,
      fantasyFamily: CHART_FONT,
      monospaceFamily: CHART_FONT,
    },
  }).render()
  return { svg, png: picture.asPng().toString('base64') }
}
