import type { PriceOf } from './with-price.ts'

/** US dollars for a million tokens. `cached` defaults to `input`. */
export interface FixedPrice {
  input: number
  output: number
  cached?: number | undefined
}

const MILLION = 1_000_000

/** The price that a configuration sets. */
export function fixedPrice({ input, output, cached = input }: FixedPrice): PriceOf {
  return ({ inputTokens, cachedTokens, outputTokens }) =>
    ((inputTokens - cachedTokens) * input + cachedTokens * cached + outputTokens * output) / MILLION
}
