import {
  type Budget,
  ExhaustedError,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
} from '@bailiwick/contract'
import type { TaskState } from '../journal/task-state.ts'

/** Characters of a token, on the average of what agents read and write. */
const CHARACTERS_PER_TOKEN = 3.5

/** Tokens that a request will about cost to read. */
export function estimateTokens(messages: readonly ModelMessage[], tools: readonly ModelTool[] = []): number {
  let characters = tools.length === 0 ? 0 : JSON.stringify(tools).length
  for (const { content, calls } of messages) {
    characters += content.length + (calls === undefined ? 0 : JSON.stringify(calls).length)
  }
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

/** Sets budget aside for calls under way, so that parallel ones cannot spend the same twice. */
export class Spending {
  readonly #state: TaskState
  readonly #deadline: number | undefined
  readonly #reserved = new Map<string, Budget>()

  constructor(state: TaskState, deadline: number | undefined) {
    this.#state = state
    this.#deadline = deadline
  }

  /** What may still be spent, reservations taken off. */
  left(now: number): Budget {
    const { usage, calls, spec } = this.#state
    const { budget } = spec.grant
    const left: Budget = {}
    const reserved = (limit: 'tokens' | 'cost' | 'calls') =>
      [...this.#reserved.values()].reduce((sum, part) => sum + (part[limit] ?? 0), 0)
    const spent = { tokens: usage.inputTokens + usage.outputTokens, cost: usage.cost ?? 0, calls }
    for (const limit of ['tokens', 'cost', 'calls'] as const) {
      const most = budget[limit]
      if (most !== undefined) left[limit] = Math.max(0, most - spent[limit] - reserved(limit))
    }
    if (this.#deadline !== undefined) left.wallMs = Math.max(1, this.#deadline - now)
    return left
  }

  /** Half of what is left, set aside for a delegate until {@link settle}. */
  carve(id: string, now: number): Budget {
    const { tokens, cost, calls, wallMs } = this.left(now)
    const part: Budget = {
      ...(tokens !== undefined && { tokens: Math.floor(tokens / 2) }),
      ...(cost !== undefined && { cost: cost / 2 }),
      ...(calls !== undefined && { calls: Math.floor(calls / 2) }),
      ...(wallMs !== undefined && { wallMs: Math.ceil(wallMs) }),
    }
    this.#reserved.set(id, part)
    return part
  }

  settle(id: string): void {
    this.#reserved.delete(id)
  }

  /**
   * Room for one more model reply, before it is asked for.
   *
   * @param estimate tokens that the request will cost; worked out only where tokens are bounded
   * @returns the most that it may write and cost, where the budget bounds them.
   * @throws ExhaustedError that names the limit.
   */
  admitReply(estimate: () => number, now: number): Pick<ModelRequest, 'maxOutputTokens' | 'maxCost'> {
    const { usage, spec } = this.#state
    const { budget } = spec.grant
    if (budget.cost !== undefined && usage.cost === null) {
      throw new ExhaustedError(
        'a budget in dollars is set and the model’s price is unknown: nothing more is spent',
        {
          limit: 'cost',
        },
      )
    }
    const left = this.left(now)
    if (left.cost !== undefined && left.cost <= 0) {
      throw new ExhaustedError(`the budget of $${budget.cost} is spent`, { limit: 'cost' })
    }
    const bounds = left.cost === undefined ? {} : { maxCost: left.cost }
    if (left.tokens === undefined) return bounds
    const needed = estimate()
    if (left.tokens <= needed) {
      const wanted = `the next reply needs about ${needed} tokens to be asked for`
      throw new ExhaustedError(`of ${budget.tokens} tokens ${left.tokens} are left; ${wanted}`, {
        limit: 'tokens',
      })
    }
    return { ...bounds, maxOutputTokens: left.tokens - needed }
  }
}
