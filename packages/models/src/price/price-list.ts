import type { PriceOf } from './with-price.ts'

/**
 * Prices by the offline list: of the provider at this address, for the model that answered. `null` for an
 * address or a model that the list does not know; a known name at another address may cost anything.
 */
export function priceList(baseURL: string): PriceOf {
  return async ({ inputTokens, cachedTokens, outputTokens }, servedModel) => {
    const usage = {
      input_tokens: inputTokens,
      cache_read_tokens: cachedTokens,
      output_tokens: outputTokens,
    }
    return (await lookUp(baseURL, servedModel, usage))?.total_price ?? null
  }
}

/** The context of a model, in tokens, by the same list. */
export async function listedContext(baseURL: string, servedModel: string): Promise<number | undefined> {
  const found = await lookUp(baseURL, servedModel, { input_tokens: 0, output_tokens: 0 })
  return found?.model.context_window
}

async function lookUp(baseURL: string, servedModel: string, usage: Record<string, number>) {
  // 2 MB of data: loaded when a reply has come, not before the first question.
  const { calcPrice } = await import('@pydantic/genai-prices')
  // Gemini's compatible endpoint lists its models so.
  return calcPrice(usage, servedModel.replace(/^models\//, ''), { providerApiUrl: baseURL })
}
