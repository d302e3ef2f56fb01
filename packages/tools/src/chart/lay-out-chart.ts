import { errorText, InputError } from '@bailiwick/contract/world'
import * as vega from 'vega'
import { expressionInterpreter } from 'vega-interpreter'
import { compile, type TopLevelSpec } from 'vega-lite'
import { CHART_FONT, chartFontFiles } from './chart-fonts.ts'
import { collectingLogger } from './collecting-logger.ts'
import { type ChartData, fillData } from './fill-data.ts'
import { type TextItem, textMeasure } from './measure-text.ts'
import { sealedLoader } from './sealed-loader.ts'
import { unknownFields } from './unknown-fields.ts'

/** A chart as SVG. */
export interface ChartLayout {
  svg: string
  /** Pixels. */
  width: number
  height: number
  /** Problems of the specification that did not prevent the chart, for its author. */
  warnings: string[]
}

/** Defaults that the specification's own `config` overrides. */
const CONFIG = { font: `${CHART_FONT}, sans-serif`, background: 'white' }

/**
 * Lays out a Vega-Lite chart. Interprets its expressions instead of compiling them to code, and loads nothing but `data`.
 *
 * @param maxArea pixels that the chart may have
 * @throws InputError for a specification that cannot be drawn, and for a chart that is too large
 */
export async function layOutChart(spec: object, data: ChartData, maxArea: number): Promise<ChartLayout> {
  const filled = fillData(spec, data) as object
  const layout = await layOut(filled)
  if (layout.width * layout.height > maxArea) {
    const side = Math.floor(Math.sqrt(maxArea))
    throw new InputError(
      `expected at most ${side} × ${side} pixels, found ${layout.width} × ${layout.height}: make the chart smaller`,
    )
  }
  return { ...layout, warnings: [...unknownFields(filled), ...layout.warnings] }
}

async function layOut(spec: object): Promise<ChartLayout> {
  const logger = collectingLogger()
  const loader = sealedLoader()
  const measure = textMeasure(chartFontFiles())
  // Vega documents this hook for painting with another font, but its types lack it.
  const { textMetrics } = vega as unknown as { textMetrics: { width: typeof measure.width } }
  textMetrics.width = (item: TextItem, text: unknown) => measure.width(item, text)

  const { spec: compiled } = compileSpec(spec, logger)
  const runtime = vega.parse(compiled, undefined, { ast: true })
  const view = new vega.View(runtime, { renderer: 'none', loader, logger, expr: expressionInterpreter })
  const svg = await view.toSVG()
  view.finalize()
  if (loader.refused.length > 0) {
    throw new InputError(
      `expected a chart that loads nothing and links to nothing, found ${loader.refused.join(', ')}`,
    )
  }
  if (logger.errors.length > 0) throw new InputError(logger.errors.join('; '))
  const warnings = [...logger.warnings]
  if (measure.missing.size > 0) {
    warnings.push(`the font has no glyph for: ${[...measure.missing].slice(0, 20).join(' ')}`)
  }
  return { svg, ...sizeOf(svg), warnings }
}

function compileSpec(spec: object, logger: ReturnType<typeof collectingLogger>) {
  if ('$schema' in spec && String(spec.$schema).includes('/vega/')) {
    throw new InputError('expected a Vega-Lite specification (mark, encoding, layer …), found Vega')
  }
  try {
    // The compiler checks the shape of a specification that a model wrote, so a type assertion is enough here.
    return compile(spec as TopLevelSpec, { logger, config: CONFIG })
  } catch (error) {
    throw new InputError(errorText(error).slice(0, 2000))
  }
}

function sizeOf(svg: string): { width: number; height: number } {
  const tag = svg.slice(0, svg.indexOf('>'))
  const [width = 0, height = 0] = ['width', 'height'].map((name) =>
    Number(new RegExp(` ${name}="([\\d.]+)"`).exec(tag)?.[1] ?? 0),
  )
  return { width, height }
}
