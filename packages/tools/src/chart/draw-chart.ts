import { childSlots, OWN_SHARE } from '../child/child-slots.ts'
import type { Share } from '../child/fair-slots.ts'
import { type ChildLimits, childEntry, runChild } from '../child/run-child.ts'
import { TABLE_PACKAGES } from '../table/query-tables.ts'
import { contentOf, nameOf, type TableFile } from '../table/table.ts'
import type { ChartRequest } from './chart-child.ts'
import type { ChartLayout } from './lay-out-chart.ts'
import type { RasterReply, RasterRequest } from './paint-svg.ts'

/** What drawing one chart may use, for each of its two steps. */
export interface ChartLimits extends ChildLimits {
  /** Pixels of the chart: its width times its height. */
  area: number
  /** Pixels of the PNG per pixel of the chart, along one side. */
  scale: number
}

/**
 * The default limits: 15 s of CPU time after the files are read, 768 MiB of memory, no temporary files, 32 MiB of JSON
 * and 4 megapixels, painted at twice the size.
 */
export const CHART_LIMITS: ChartLimits = {
  timeMs: 15_000,
  readPace: 1_000_000,
  memoryBytes: 768 * 2 ** 20,
  diskBytes: 0,
  replyBytes: 32 * 2 ** 20,
  area: 4_000_000,
  scale: 2,
}

/** A chart as SVG and as PNG. */
export interface DrawnChart extends ChartLayout {
  png: Uint8Array
}

const FONT_PACKAGE = '@expo-google-fonts/open-sans'

/**
 * Draws a Vega-Lite specification: one process lays it out as SVG, another paints the PNG. Both are killed at a limit.
 * The chart can load only `files`, by name. Text is measured and painted in a font that ships.
 *
 * @throws InputError for a specification that cannot be drawn; ChildError at a limit
 * @example
 * const spec = { data: { values: [{ day: 'Mon', rain: 1 }] }, mark: 'bar', encoding: { x: { field: 'day' } } }
 * const { svg, png } = await drawChart(spec, [], { signal })
 */
export async function drawChart(
  spec: object,
  files: readonly TableFile[],
  options: {
    signal: AbortSignal
    limits?: Partial<ChartLimits>
    /** The run and caller that the chart is for. The runs of a process share its children. Default: the process itself. */
    share?: Share
  },
): Promise<DrawnChart> {
  const { signal, share = OWN_SHARE } = options
  const limits = { ...CHART_LIMITS, ...options.limits }
  const both = {
    limits,
    signal,
    what: 'drawing the chart',
    advice: 'aggregate its data with queryTable first',
  }
  using _ = await childSlots.take(share, signal)
  const request: ChartRequest = { spec, tables: files.map(nameOf), maxArea: limits.area }
  const layout = (await runChild({
    ...both,
    entry: childEntry(import.meta.url, 'chart-child'),
    packages: [...TABLE_PACKAGES, 'vega', 'vega-lite', 'vega-interpreter', FONT_PACKAGE],
    request,
    files: files.map(contentOf),
  })) as ChartLayout
  const raster: RasterRequest = { svg: layout.svg, scale: limits.scale }
  const { svg, png } = (await runChild({
    ...both,
    entry: childEntry(import.meta.url, 'raster-child'),
    packages: ['@bailiwick/contract/world', '@resvg/resvg-js', '@rgrove/parse-xml', FONT_PACKAGE],
    addons: true,
    request: raster,
  })) as RasterReply
  return { ...layout, svg, png: Buffer.from(png, 'base64') }
}
