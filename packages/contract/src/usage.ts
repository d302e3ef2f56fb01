import { z } from 'zod'

/** Tokens and money of one or many model replies. */
export const usageSchema = z.lazy(() =>
  z.object({
    /** Prompt tokens, cached ones included. */
    inputTokens: z.number().nonnegative(),
    /** The part of `inputTokens` that the provider served from its cache. */
    cachedTokens: z.number().nonnegative(),
    /** Completion tokens, reasoning included. */
    outputTokens: z.number().nonnegative(),
    /** The part of `outputTokens` spent on hidden reasoning. */
    reasoningTokens: z.number().nonnegative(),
    /** Number of model replies summed up here. */
    replies: z.number().int().nonnegative(),
    /** US dollars; `null` as soon as one reply's price is unknown. Unknown is never 0. */
    cost: z.number().nonnegative().nullable(),
  }),
)
export type Usage = z.infer<typeof usageSchema>

export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  replies: 0,
  cost: 0,
})

/** The sum of two usages. An unknown cost on either side makes the sum's cost unknown. */
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
