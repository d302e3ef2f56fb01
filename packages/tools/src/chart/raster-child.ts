/** The process that paints an SVG as PNG. It loads a native add-on, so it never gets the specification. */
import { InputError } from '@bailiwick/contract/world'
import { Resvg } from '@resvg/resvg-js'
import { serveChild } from '../child/serve-child.ts'
import { CHART_FONT, chartFontFiles } from './chart-fonts.ts'

export interface RasterRequest {
  svg: string
  /** Pixels of the picture per pixel of the chart. */
  scale: number
}

await serveChild((request) => {
  const { svg, scale } = request as RasterRequest
  refuseForeign(svg)
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
  return { png: picture.asPng().toString('base64'), width: picture.width, height: picture.height }
})

/** Allows only pictures inside the SVG, because the painter would open a path. */
function refuseForeign(svg: string): void {
  for (const [, address = ''] of svg.matchAll(/\bhref\s*=\s*["']([^"']*)/g)) {
    if (!/^(#|data:image\/)/.test(address))
      throw new InputError(`expected a chart without links, found ${address.slice(0, 200)}`)
  }
  if (/<!ENTITY/i.test(svg)) throw new InputError('expected a chart without entities, found <!ENTITY')
}
