/** The process that lays a model's chart out. It may be killed at any time, and it can load no add-on. */
import { serveChild } from '../child/serve-child.ts'
import { BadRequest } from '../errors/bad-request.ts'
import type { TableFile } from '../table/table.ts'
import { fillData } from './fill-data.ts'
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
  const filled = fillData(spec, files) as object
  const layout = await layOutChart(filled)
  if (layout.width * layout.height > maxArea) {
    const side = Math.floor(Math.sqrt(maxArea))
    throw new BadRequest(
      `the chart is ${layout.width} × ${layout.height} pixels: more than ${side} × ${side}`,
    )
  }
  return { ...layout, warnings: [...unknownFields(filled), ...layout.warnings] }
})
