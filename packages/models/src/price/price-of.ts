import type { Usage } from '@bailiwick/contract'

/** The price of one reply in US dollars, or null if it is unknown. `servedModel` is the server's name for the model. */
export type PriceOf = (usage: Usage, servedModel: string) => number | null | Promise<number | null>

/** US dollars for a million tokens. `cached` defaults to `input`. */
export interface FixedPrice {
  input: number
  output: number
  cached?: number | undefined
}

const MILLION = 1_000_000

export const FREE: PriceOf = () => 0
export const UNKNOWN_PRICE: PriceOf = () => null

/** The price that a configuration sets. */
export function fixedPrice({ input, output, cached = input }: FixedPrice): PriceOf {
  return ({ inputTokens, cachedTokens, outputTokens }) =>
    ((inputTokens - cachedTokens) * input + cachedTokens * cached + outputTokens * output) / MILLION
}
