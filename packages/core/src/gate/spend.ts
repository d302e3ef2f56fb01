import type { TaskState } from '../memory/task-state.ts'

/** Which limit of the task's budget is spent, in words; undefined while there is room. */
export function spentLimit(state: TaskState, now: number, about: { tokens: number } = { tokens: 0 }) {
  const { budget } = state.spec.grant
  const { usage } = state
  const tokens = usage.inputTokens + usage.outputTokens
  const elapsed = now - (state.begunAt ?? now)
  if (budget.tokens !== undefined && tokens + about.tokens > budget.tokens) {
    return {
      limit: 'tokens',
      message: `${tokens} of ${budget.tokens} tokens are used, and about ${about.tokens} more are needed`,
    }
  }
  if (budget.cost !== undefined && usage.cost === null) {
    return {
      limit: 'cost',
      message: `the cost is limited to $${budget.cost}, but the model's price is unknown`,
    }
  }
  if (budget.cost !== undefined && usage.cost !== null && usage.replies > 0 && usage.cost >= budget.cost) {
    return { limit: 'cost', message: `$${usage.cost.toFixed(4)} of $${budget.cost} are spent` }
  }
  if (budget.wallMs !== undefined && elapsed >= budget.wallMs) {
    return { limit: 'wallMs', message: `${elapsed} of ${budget.wallMs} ms have passed` }
  }
  return undefined
}
