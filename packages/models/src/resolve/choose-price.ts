import { PRESETS } from '../openai/presets.ts'
import { priceList } from '../price/price-list.ts'
import { fixedPrice } from '../price/price-of.ts'
import type { PriceOf } from '../price/with-price.ts'
import type { ModelSettings } from './model-settings.ts'
import type { ModelSpec } from './parse-spec.ts'

const FREE: PriceOf = () => 0
const UNKNOWN: PriceOf = () => null

/**
 * How a model's replies are priced: as the configuration says, nothing on the user's own machine, by the
 * list where it knows the server, else unknown.
 */
export function choosePrice(spec: ModelSpec, settings: ModelSettings, server: string | undefined): PriceOf {
  if (settings.price !== undefined) return fixedPrice(settings.price)
  // Ollama hands models of these names on to its cloud.
  if (spec.kind === 'ollama') return /[:-]cloud$/.test(spec.model) ? UNKNOWN : FREE
  if (spec.kind !== 'openai' || server === undefined) return UNKNOWN
  return PRESETS[spec.provider]?.local ? FREE : priceList(server)
}
