import {
  artifactRefSchema,
  type CallContext,
  FILE_LIMITS,
  formatBytes,
  InputError,
  type Tool,
  tableFormatOf,
} from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import { type ChartLimits, drawChart as draw } from '../chart/draw-chart.ts'
import { namedFiles } from '../chart/fill-data.ts'
import { fileNameSchema, type RunFiles } from './run-files.ts'
import { type TableSource, tableFiles } from './table-files.ts'

const input = z.object({
  spec: z
    .record(z.string(), z.unknown())
    .describe(
      'Vega-Lite: mark, encoding, layer, title, width, height … with data.values, or data.url naming a file',
    ),
  data: z
    .union([z.string(), z.array(z.record(z.string(), z.unknown()))])
    .optional()
    .describe('instead of spec.data: the name of a CSV or JSON file of this task, or the rows themselves'),
  name: fileNameSchema.default('chart').describe('of the files, without extension'),
})

const AGGREGATE = 'aggregate them with queryTable first, and pass its rows as data'

/** `drawChart`: turns a Vega-Lite specification into an SVG and a PNG of the run. */
export function drawChart(files: RunFiles, limits: Partial<ChartLimits>): Tool {
  return defineTool({
    name: 'drawChart',
    description: `Draws a Vega-Lite chart and stores it with this run, as SVG and as PNG. Loads files of up to ${formatBytes(FILE_LIMITS.chartData)} together; aggregate larger ones with queryTable first. Returns references to both, and warnings about the specification.`,
    input,
    output: z.object({
      svg: artifactRefSchema,
      png: artifactRefSchema,
      width: z.number().describe('pixels'),
      height: z.number().describe('pixels'),
      warnings: z.array(z.string()),
    }),
    effect: 'idempotent',
    async run({ spec, data, name }, context) {
      const { signal } = context
      const whole = withData(spec, data)
      const sources = await Promise.all(
        [...new Set(namedFiles(whole))].map((url) => sourceOf(files, context, url)),
      )
      const share = await files.share(context)
      const tables = tableFiles(files, sources, { limit: FILE_LIMITS.chartData, advice: AGGREGATE, signal })
      const { svg, png, width, height, warnings } = await draw(whole, tables, { signal, limits, share })
      const base = name.replace(/\.(svg|png)$/i, '')
      const [svgRef, pngRef] = await Promise.all([
        files.write(context, { name: `${base}.svg`, mediaType: 'image/svg+xml', bytes: Buffer.from(svg) }),
        files.write(context, { name: `${base}.png`, mediaType: 'image/png', bytes: png }),
      ])
      return { svg: svgRef, png: pngRef, width, height, warnings }
    },
  })
}

function withData(
  spec: Record<string, unknown>,
  data: z.infer<typeof input>['data'],
): Record<string, unknown> {
  if (data === undefined) return spec
  if (spec.data !== undefined)
    throw new InputError('expected data or spec.data, found both: leave out one of them')
  return { ...spec, data: typeof data === 'string' ? { url: data } : { values: data } }
}

/** The table that a specification names in `data.url`. */
async function sourceOf(files: RunFiles, context: CallContext, url: string): Promise<TableSource> {
  const source = await files.find(context, url)
  const format = tableFormatOf(source.ref)
  if (format === undefined)
    throw new InputError(
      `expected a CSV or JSON file for the chart, found ${url}, which is ${source.ref.mediaType}`,
    )
  return { source: { ...source, name: url }, format, name: url }
}
