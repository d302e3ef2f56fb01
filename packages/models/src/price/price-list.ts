import type { PriceOf } from './with-price.ts'

/**
 * Prices by the offline list: of the provider at this address, for the model that answered. `null` for an
 * address or a model that the list does not know; a known name at another address may cost anything.
 */
export function priceList(baseURL: string): PriceOf {
  return async (usage, servedModel) => {
    // 2 MB of data: loaded when a reply has come, not before the first question.
    const { calcPrice } = await import('@pydantic/genai-prices')
    const price = calcPrice(
      {
        input_tokens: usage.inputTokens,
        cache_read_tokens: usage.cachedTokens,
        output_tokens: usage.outputTokens,
      },
      servedModel,
      { providerApiUrl: baseURL },
    )
    return price?.total_price ?? null
  }
}
