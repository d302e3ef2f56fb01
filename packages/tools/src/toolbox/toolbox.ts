import type { Bus } from '@bailiwick/bus'
import type { Tool } from '@bailiwick/contract'
import type { ChartLimits } from '../chart/draw-chart.ts'
import type { QueryLimits } from '../table/query-tables.ts'
import { drawChart } from './draw-chart.ts'
import { listFiles } from './list-files.ts'
import { queryTable } from './query-table.ts'
import { readFile } from './read-file.ts'
import { openRunFiles } from './run-files.ts'
import { takeTurns } from './take-turns.ts'
import { writeArtifact } from './write-artifact.ts'

/** Changes to the default limits of SQL and charts. */
export interface ToolboxLimits {
  /** Overrides `QUERY_LIMITS`. */
  query?: Partial<QueryLimits>
  /** Overrides `CHART_LIMITS`. */
  chart?: Partial<ChartLimits>
}

/**
 * The tools that ship. They work on the files of the run that a call belongs to. The connection must be that of the
 * toolbox, because only it stores files.
 */
export function toolbox(bus: Bus, { query = {}, chart = {} }: ToolboxLimits = {}): Tool[] {
  const files = openRunFiles(bus)
  return [
    listFiles(files, query),
    takeTurns(readFile(files), files),
    takeTurns(writeArtifact(files), files),
    queryTable(files, query),
    drawChart(files, chart),
  ]
}
