import { ExhaustedError, type ModelRequest, NO_USAGE } from '@bailiwick/contract'
import { estimatePromptTokens } from '../reply/estimate-tokens.ts'
import type { PriceOf } from './with-price.ts'

/** What a thousand completion tokens cost tells what one does, in lists that round. */
const SAMPLE = 1_000

/**
 * The request with as many completion tokens as its `maxCost` pays for.
 *
 * @throws ExhaustedError where the price is unknown, or asking alone costs more
 */
export async function withinCost(
  request: ModelRequest,
  servedModel: string,
  priceOf: PriceOf,
): Promise<ModelRequest> {
  const { maxCost, ...rest } = request
  if (maxCost === undefined) return request
  const usage = { ...NO_USAGE, inputTokens: estimatePromptTokens(request), replies: 1 }
  const asking = await priceOf(usage, servedModel)
  const writing = await priceOf({ ...usage, outputTokens: SAMPLE }, servedModel)
  if (asking === null || writing === null) {
    const message = `a budget in dollars is set and the price of ${servedModel} is unknown: set one in the models of the configuration`
    throw new ExhaustedError(message, { limit: 'cost' })
  }
  const token = (writing - asking) / SAMPLE
  if (token <= 0 && asking <= maxCost) return rest
  const affordable = Math.floor((maxCost - asking) / token)
  if (affordable < 1) {
    const message = `$${maxCost.toFixed(4)} of the budget are left, and the next reply costs about $${asking.toFixed(4)} to be asked for`
    throw new ExhaustedError(message, { limit: 'cost' })
  }
  return { ...rest, maxOutputTokens: Math.min(affordable, request.maxOutputTokens ?? affordable) }
}
