/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A JSON Schema (2020-12), as data. Never interpreted here but by the validator in `gate/`. */
export type JsonSchema = { [keyword: string]: unknown }
