import type { PriceOf } from './price-of.ts'

/**
 * Prices from the offline list, for the provider at this address and the model that answered. Null if the list does
 * not have both: a model of a known name may cost anything at another address.
 */
export function listPrice(baseURL: string): PriceOf {
  return async ({ inputTokens, cachedTokens, outputTokens }, servedModel) => {
    const usage = {
      input_tokens: inputTokens,
      cache_read_tokens: cachedTokens,
      output_tokens: outputTokens,
    }
    return (await lookUp(baseURL, servedModel, usage))?.total_price ?? null
  }
}

/** A model's context in tokens from the same list. Undefined if the list does not have it. */
export async function listedContext(baseURL: string, servedModel: string): Promise<number | undefined> {
  const found = await lookUp(baseURL, servedModel, { input_tokens: 0, output_tokens: 0 })
  return found?.model.context_window
}

async function lookUp(baseURL: string, servedModel: string, usage: Record<string, number>) {
  // The list is 2 MB, so load it at the first use.
  const { calcPrice } = await import('@pydantic/genai-prices')
  // Gemini's compatible endpoint puts "models/" before each name.
  return calcPrice(usage, servedModel.replace(/^models\//, ''), { providerApiUrl: baseURL })
}
