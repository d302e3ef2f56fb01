import type { Plan, Usage } from '@bailiwick/contract'

export interface RunEstimate {
  replies: number
  tokens: number
  /** US dollars; null where the model's price is not known. */
  cost: number | null
}

/** Replies that a task of a specialist takes, as the demo's and the examples' do. */
const REPLIES_PER_TASK = 4

/**
 * What carrying out a plan may use, by what making it used: each task a few replies of that size, and one
 * for the answer. An estimate, no bound: a budget is one.
 */
export function estimateRun({ tasks }: Plan, planning: Usage): RunEstimate {
  const replies = tasks.length * REPLIES_PER_TASK + 1
  const made = Math.max(1, planning.replies)
  const tokens = Math.round((replies * (planning.inputTokens + planning.outputTokens)) / made)
  return { replies, tokens, cost: planning.cost === null ? null : (replies * planning.cost) / made }
}
