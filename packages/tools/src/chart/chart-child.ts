/** The process that lays out a model's chart. It may be killed at any time, and it can load no add-on. */
import { InputError } from '@bailiwick/contract/world'
import { serveChild } from '../child/serve-child.ts'
import type { TableFile } from '../table/table.ts'
import { fillData, readChartData } from './fill-data.ts'
import { type ChartLayout, layOutChart } from './lay-out-chart.ts'
import { unknownFields } from './unknown-fields.ts'

export interface ChartRequest {
  spec: object
  files: TableFile[]
  /** Pixels that the chart may have. */
  maxArea: number
}

await serveChild(async (request): Promise<ChartLayout> => {
  const { spec, files, maxArea } = request as ChartRequest
  const filled = fillData(spec, await readChartData(files)) as object
  const layout = await layOutChart(filled)
  if (layout.width * layout.height > maxArea) {
    const side = Math.floor(Math.sqrt(maxArea))
    throw new InputError(
      `expected at most ${side} × ${side} pixels, found ${layout.width} × ${layout.height}: make the chart smaller`,
    )
  }
  return { ...layout, warnings: [...unknownFields(filled), ...layout.warnings] }
})
