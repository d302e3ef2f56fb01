import * as vega from 'vega'
import { expressionInterpreter } from 'vega-interpreter'
import { compile, type TopLevelSpec } from 'vega-lite'
import { BadRequest } from '../errors/bad-request.ts'
import { CHART_FONT, chartFontFiles } from './chart-fonts.ts'
import { collectingLogger } from './collecting-logger.ts'
import { type TextItem, textMeasure } from './measure-text.ts'
import { sealedLoader } from './sealed-loader.ts'

/** A chart as SVG. */
export interface ChartLayout {
  svg: string
  /** Pixels. */
  width: number
  height: number
  /** What there is to say of the specification, in words for its author. */
  warnings: string[]
}

/** Applied below the specification's own `config`. */
const CONFIG = { font: `${CHART_FONT}, sans-serif`, background: 'white' }

/**
 * Lays a Vega-Lite chart out. Expressions in it are interpreted, never made into code; nothing is loaded.
 *
 * @throws BadRequest for a specification that cannot be drawn as it is.
 */
export async function layOutChart(spec: object): Promise<ChartLayout> {
  const logger = collectingLogger()
  const loader = sealedLoader()
  const measure = textMeasure(chartFontFiles())
  // Not in Vega's types, but its documented hook for who paints with a font of his own.
  const { textMetrics } = vega as unknown as { textMetrics: { width: typeof measure.width } }
  textMetrics.width = (item: TextItem, text: unknown) => measure.width(item, text)

  const { spec: compiled } = compileSpec(spec, logger)
  const runtime = vega.parse(compiled, undefined, { ast: true })
  const view = new vega.View(runtime, { renderer: 'none', loader, logger, expr: expressionInterpreter })
  const svg = await view.toSVG()
  view.finalize()
  if (loader.refused.length > 0) {
    throw new BadRequest(
      `a chart loads nothing and links to nothing outside of it: ${loader.refused.join(', ')}`,
    )
  }
  if (logger.errors.length > 0) throw new BadRequest(logger.errors.join('; '))
  const warnings = [...logger.warnings]
  if (measure.missing.size > 0) {
    warnings.push(`the font has no glyph for: ${[...measure.missing].slice(0, 20).join(' ')}`)
  }
  return { svg, ...sizeOf(svg), warnings }
}

function compileSpec(spec: object, logger: ReturnType<typeof collectingLogger>) {
  if ('$schema' in spec && String(spec.$schema).includes('/vega/')) {
    throw new BadRequest('this is a Vega specification: wanted Vega-Lite (mark, encoding, layer …)')
  }
  try {
    // Compiling checks the shape; a type assertion is all that can be said of what a model wrote.
    return compile(spec as TopLevelSpec, { logger, config: CONFIG })
  } catch (error) {
    throw new BadRequest(error instanceof Error ? error.message.slice(0, 2000) : String(error))
  }
}

function sizeOf(svg: string): { width: number; height: number } {
  const tag = svg.slice(0, svg.indexOf('>'))
  const [width = 0, height = 0] = ['width', 'height'].map((name) =>
    Number(new RegExp(` ${name}="([\\d.]+)"`).exec(tag)?.[1] ?? 0),
  )
  return { width, height }
}
