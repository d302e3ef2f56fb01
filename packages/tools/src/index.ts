/** Tools: the ones that ship, a way to write your own, and a way to host them. */

export type { TableFormat } from '@bailiwick/contract'
// Charts and SQL, without a bus.
export { CHART_LIMITS, type ChartLimits, type DrawnChart, drawChart } from './chart/draw-chart.ts'
export { ChildError, type ChildErrorCode } from './child/child-error.ts'
export type { ChildLimits } from './child/run-child.ts'
// Hosts tools on the bus.
export { type HostToolsOptions, hostTools } from './host/host-tools.ts'
// Turns a file of documented functions into tools.
export { toolsFromModule } from './module/tools-from-module.ts'
export { describeTables, QUERY_LIMITS, type QueryLimits, queryTables } from './table/query-tables.ts'
export type { QueryResult } from './table/run-query.ts'
export type { TableDescription } from './table/sql-child.ts'
export type { TableFile } from './table/table.ts'
// The tools that ship: the files of a run, SQL over its tables, charts.
export { type ToolboxLimits, toolbox } from './toolbox/toolbox.ts'
export { TOOLBOX_TOOLS } from './toolbox/toolbox-tools.ts'
