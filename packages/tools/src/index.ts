export { CHART_LIMITS, type ChartLimits, type DrawnChart, drawChart } from './chart/draw-chart.ts'
export { toolsFromModule } from './module/tools-from-module.ts'
export { describeTables, QUERY_LIMITS, type QueryLimits, queryTables } from './table/query-tables.ts'
