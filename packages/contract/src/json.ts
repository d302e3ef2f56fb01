/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A JSON Schema (2020-12) as data. */
export type JsonSchema = { [keyword: string]: unknown }
