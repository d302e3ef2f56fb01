/** Tools: the shipped ones, how to write some, and how to host them. */

// What they do it with, without a bus.
export { CHART_LIMITS, type ChartLimits, type DrawnChart, drawChart } from './chart/draw-chart.ts'
export type { ChildLimits } from './child/child-limits.ts'
export { ChildError, type ChildErrorCode } from './child/child-error.ts'
// Tools, hosted on the bus.
export { type HostToolsOptions, hostTools } from './host/host-tools.ts'
// A file of documented functions becomes tools.
export { toolsFromModule } from './module/tools-from-module.ts'
export { describeTables, QUERY_LIMITS, type QueryLimits, queryTables } from './table/query-tables.ts'
export type { QueryResult } from './table/run-query.ts'
export type { TableDescription } from './table/sql-child.ts'
export type { TableFile, TableFormat } from './table/table.ts'
// The shipped tools: the files of a run, SQL over its tables, charts.
export { FILE_LIMITS } from './toolbox/file-limits.ts'
export { toolbox } from './toolbox/toolbox.ts'
export { TOOLBOX_TOOLS } from './toolbox/toolbox-tools.ts'
