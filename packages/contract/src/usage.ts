import { z } from 'zod'

/** Tokens and cost of model replies. */
export const usageSchema = z.lazy(() =>
  z.object({
    /** Prompt tokens, including cached ones. */
    inputTokens: z.number().nonnegative(),
    /** Part of `inputTokens` that the provider read from its cache. */
    cachedTokens: z.number().nonnegative(),
    /** Completion tokens, including reasoning. */
    outputTokens: z.number().nonnegative(),
    /** Part of `outputTokens` spent on hidden reasoning. */
    reasoningTokens: z.number().nonnegative(),
    /** Number of replies in this sum. */
    replies: z.number().int().nonnegative(),
    /** US dollars. Null if the price of any reply is unknown. */
    cost: z.number().nonnegative().nullable(),
  }),
)
export type Usage = z.infer<typeof usageSchema>

/** The usage of no replies. */
export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  replies: 0,
  cost: 0,
})

/** The sum of two usages. The cost of the sum is unknown if either cost is. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    replies: a.replies + b.replies,
    cost: a.cost === null || b.cost === null ? null : a.cost + b.cost,
  }
}
