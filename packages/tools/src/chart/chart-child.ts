/** The process that lays out a model's chart. It may be killed at any time, and it can load no add-on. */
import { serveChild } from '../child/serve-child.ts'
import { ChildTable } from '../table/child-table.ts'
import type { TableName } from '../table/table.ts'
import { readChartData } from './fill-data.ts'
import { layOutChart } from './lay-out-chart.ts'

export interface ChartRequest {
  spec: object
  tables: TableName[]
  /** Pixels that the chart may have. */
  maxArea: number
}

await serveChild(async (request, files) => {
  const { spec, tables, maxArea } = request as ChartRequest
  const data = await readChartData(tables.map((about, number) => new ChildTable(about, files, number)))
  files.allRead()
  return layOutChart(spec, data, maxArea)
})
