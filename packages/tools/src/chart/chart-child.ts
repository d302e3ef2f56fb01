/** The process that lays out a model's chart. It may be killed at any time, and it can load no add-on. */
import { InputError } from '@bailiwick/contract/world'
import { serveChild } from '../child/serve-child.ts'
import { ChildTable } from '../table/child-table.ts'
import type { TableName } from '../table/table.ts'
import { fillData, readChartData } from './fill-data.ts'
import { type ChartLayout, layOutChart } from './lay-out-chart.ts'
import { unknownFields } from './unknown-fields.ts'

export interface ChartRequest {
  spec: object
  tables: TableName[]
  /** Pixels that the chart may have. */
  maxArea: number
}

await serveChild(async (request, files): Promise<ChartLayout> => {
  const { spec, tables, maxArea } = request as ChartRequest
  const data = await readChartData(tables.map((about, number) => new ChildTable(about, files, number)))
  files.allRead()
  const filled = fillData(spec, data) as object
  const layout = await layOutChart(filled)
  if (layout.width * layout.height > maxArea) {
    const side = Math.floor(Math.sqrt(maxArea))
    throw new InputError(
      `expected at most ${side} × ${side} pixels, found ${layout.width} × ${layout.height}: make the chart smaller`,
    )
  }
  return { ...layout, warnings: [...unknownFields(filled), ...layout.warnings] }
})
