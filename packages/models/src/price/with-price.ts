import { ExhaustedError, type ModelReply, type ModelRequest, NO_USAGE } from '@bailiwick/contract'
import { estimatePromptTokens } from '../reply/estimate-tokens.ts'
import type { Source } from '../source.ts'
import type { PriceOf } from './price-of.ts'

/** Keeps each request within its `maxCost`, and adds the cost to each reply's usage. */
export function withPrice(source: Source, priceOf: PriceOf): Source {
  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      const reply = await source.ask(await boundByCost(request, servedName(source.id), priceOf), call)
      const cost = await priceOf(reply.usage, servedName(reply.model))
      return { ...reply, usage: { ...reply.usage, cost } }
    },
  }
}

/** The server's name for a model. */
function servedName(id: string): string {
  return id.slice(id.indexOf('/') + 1)
}

/** Some lists round the price of a single completion token, so divide the price of this many. */
const SAMPLE_TOKENS = 1_000

/**
 * Limits a request to the completion tokens that its `maxCost` pays for.
 *
 * @throws ExhaustedError if the price is unknown, or if the prompt alone costs more
 */
async function boundByCost(
  request: ModelRequest,
  servedModel: string,
  priceOf: PriceOf,
): Promise<ModelRequest> {
  const { maxCost, ...rest } = request
  if (maxCost === undefined) return request
  const usage = { ...NO_USAGE, inputTokens: estimatePromptTokens(request), replies: 1 }
  const promptCost = await priceOf(usage, servedModel)
  const sampleCost = await priceOf({ ...usage, outputTokens: SAMPLE_TOKENS }, servedModel)
  if (promptCost === null || sampleCost === null) {
    throw new ExhaustedError(
      `The budget has a limit in dollars, but the price of ${servedModel} is unknown. Set its price in the models of the configuration.`,
      { limit: 'cost' },
    )
  }
  const tokenCost = (sampleCost - promptCost) / SAMPLE_TOKENS
  if (tokenCost <= 0 && promptCost <= maxCost) return rest
  const affordable = Math.floor((maxCost - promptCost) / tokenCost)
  if (affordable < 1) {
    throw new ExhaustedError(
      `The prompt of the next request to ${servedModel} costs about $${promptCost.toFixed(4)}, but only $${maxCost.toFixed(4)} of the budget is left. Raise the budget or shorten the task.`,
      { limit: 'cost' },
    )
  }
  return { ...rest, maxOutputTokens: Math.min(affordable, request.maxOutputTokens ?? affordable) }
}
