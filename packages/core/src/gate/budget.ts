import {
  type Budget,
  ExhaustedError,
  type ModelMessage,
  type ModelRequest,
  type ModelTool,
} from '@bailiwick/contract'
import { onlyWaits, type TaskWorld, totalUsage } from '../journal/task-world.ts'

/** The average for text that agents read and write. */
const CHARACTERS_PER_TOKEN = 3.5

/** Estimates the input tokens of a request. */
export function estimateTokens(messages: readonly ModelMessage[], tools: readonly ModelTool[] = []): number {
  let characters = tools.length === 0 ? 0 : JSON.stringify(tools).length
  for (const { content, calls } of messages) {
    characters += content.length + (calls === undefined ? 0 : JSON.stringify(calls).length)
  }
  return Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

/**
 * When a task's time is up, in Unix milliseconds: at its deadline or when its time budget is used, whichever comes
 * first. Waiting for people and delegates does not use up the time budget. Undefined if nothing limits its time.
 */
export function deadlineOf(state: TaskWorld, now: number): number | undefined {
  const { spec, startedAt } = state
  const { wallMs } = spec.grant.budget
  if (wallMs === undefined || startedAt === undefined) return spec.deadline
  const waitedMs = state.waitedMs + (onlyWaits(state) ? Math.max(0, now - state.lastAt) : 0)
  return Math.min(startedAt + wallMs + waitedMs, spec.deadline ?? Number.POSITIVE_INFINITY)
}

/** A task's budget. Reserves a part for each open delegation, so that parallel calls cannot spend it twice. */
export class TaskBudget {
  readonly #state: TaskWorld
  readonly #reserved = new Map<string, Budget>()

  constructor(state: TaskWorld) {
    this.#state = state
  }

  /** What is left, without reservations. */
  left(now: number): Budget {
    const { started: calls, spec } = this.#state
    const usage = totalUsage(this.#state)
    const { budget } = spec.grant
    const left: Budget = {}
    const reserved = (limit: 'tokens' | 'cost' | 'calls') =>
      [...this.#reserved.values()].reduce((sum, part) => sum + (part[limit] ?? 0), 0)
    const spent = { tokens: usage.inputTokens + usage.outputTokens, cost: usage.cost ?? 0, calls }
    for (const limit of ['tokens', 'cost', 'calls'] as const) {
      const most = budget[limit]
      if (most !== undefined) left[limit] = Math.max(0, most - spent[limit] - reserved(limit))
    }
    const deadline = deadlineOf(this.#state, now)
    if (deadline !== undefined) left.wallMs = Math.max(1, deadline - now)
    return left
  }

  #leftInWords(left: number, most: number): string {
    const { inputTokens, outputTokens } = totalUsage(this.#state)
    const used = inputTokens + outputTokens
    const reserved = most - used - left
    if (used === 0 && reserved <= 0) return `a budget of ${most}`
    const delegates = reserved > 0 ? `, ${reserved} are reserved for its delegates` : ''
    return `${left} left: of its budget of ${most}, ${used} are used${delegates}`
  }

  /** Reserves half of what is left for a delegate, until {@link release}. */
  reserve(call: string, now: number): Budget {
    const { tokens, cost, calls, wallMs } = this.left(now)
    const part: Budget = {
      ...(tokens !== undefined && { tokens: Math.floor(tokens / 2) }),
      ...(cost !== undefined && { cost: cost / 2 }),
      ...(calls !== undefined && { calls: Math.floor(calls / 2) }),
      ...(wallMs !== undefined && { wallMs: Math.ceil(wallMs) }),
    }
    this.#reserved.set(call, part)
    return part
  }

  /** Returns a reservation to the budget. */
  release(call: string): void {
    this.#reserved.delete(call)
  }

  /**
   * Checks that the budget allows one more model request.
   *
   * @param estimate input tokens of the request; called only if the budget limits tokens
   * @returns how much the reply may write and cost, if the budget limits it
   * @throws ExhaustedError that names the limit
   */
  admitReply(estimate: () => number, now: number): Pick<ModelRequest, 'maxOutputTokens' | 'maxCost'> {
    const { spec } = this.#state
    const usage = totalUsage(this.#state)
    const { budget } = spec.grant
    if (budget.cost !== undefined && usage.cost === null) {
      throw new ExhaustedError(
        'the budget limits the cost, but the price of the model is unknown, so the task stops spending',
        { limit: 'cost' },
      )
    }
    const left = this.left(now)
    if (left.cost !== undefined && left.cost <= 0) {
      throw new ExhaustedError(`this task’s budget of $${budget.cost} is spent`, { limit: 'cost' })
    }
    const bounds = left.cost === undefined ? {} : { maxCost: left.cost }
    if (left.tokens === undefined) return bounds
    const needed = estimate()
    if (left.tokens <= needed) {
      throw new ExhaustedError(
        `the next request needs about ${needed} tokens, but this task has ${this.#leftInWords(left.tokens, budget.tokens ?? 0)}`,
        { limit: 'tokens' },
      )
    }
    return { ...bounds, maxOutputTokens: left.tokens - needed }
  }
}
