export { describeTables, QUERY_LIMITS, type QueryLimits, queryTables } from './table/query-tables.ts'
