export { CHART_LIMITS, type ChartLimits, type DrawnChart, drawChart } from './chart/draw-chart.ts'
export { describeTables, QUERY_LIMITS, type QueryLimits, queryTables } from './table/query-tables.ts'
