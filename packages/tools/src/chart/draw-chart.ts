import type { ChildLimits } from '../child/child-limits.ts'
import { packageFolders } from '../child/package-folders.ts'
import { childEntry, runChild } from '../child/run-child.ts'
import type { TableFile } from '../table/table.ts'
import type { ChartRequest } from './chart-child.ts'
import type { ChartLayout } from './lay-out-chart.ts'
import type { RasterRequest } from './raster-child.ts'

/** What drawing one chart may use, for each of its two steps. */
export interface ChartLimits extends ChildLimits {
  /** Pixels of the chart: its width times its height. */
  area: number
  /** Pixels of the PNG for each pixel of the chart, along one side. */
  scale: number
}

export const CHART_LIMITS: ChartLimits = {
  timeMs: 15_000,
  memoryBytes: 768 * 2 ** 20,
  replyBytes: 32 * 2 ** 20,
  area: 4_000_000,
  scale: 2,
}

export interface DrawnChart extends ChartLayout {
  png: Uint8Array
}

/**
 * Draws a Vega-Lite specification: as SVG in one process, then as PNG in another, both killed at a limit.
 * Nothing is loaded but `files`, by name; texts are measured and painted in a font that is shipped.
 *
 * @throws InputError for a specification that cannot be drawn; ChildError at a limit.
 */
export async function drawChart(
  spec: object,
  files: TableFile[],
  options: { signal: AbortSignal; limits?: Partial<ChartLimits> },
): Promise<DrawnChart> {
  const limits = { ...CHART_LIMITS, ...options.limits }
  const both = { limits, signal: options.signal, what: 'drawing the chart' }
  const request: ChartRequest = { spec, files, maxArea: limits.area }
  const layout = (await runChild({
    ...both,
    entry: childEntry(import.meta.url, 'chart-child'),
    reads: packageFolders(['vega', 'vega-lite', 'vega-interpreter', '@expo-google-fonts/open-sans']),
    request,
  })) as ChartLayout
  const raster: RasterRequest = { svg: layout.svg, scale: limits.scale }
  const { png } = (await runChild({
    ...both,
    entry: childEntry(import.meta.url, 'raster-child'),
    reads: packageFolders(['@resvg/resvg-js', '@expo-google-fonts/open-sans']),
    addons: true,
    request: raster,
  })) as { png: string }
  return { ...layout, png: Buffer.from(png, 'base64') }
}
