import { withCassette } from '../cassette/with-cassette.ts'
import { PRESETS } from '../openai/presets.ts'
import { listPrice } from '../price/price-list.ts'
import { FREE, fixedPrice, type PriceOf, UNKNOWN_PRICE } from '../price/price-of.ts'
import { withPrice } from '../price/with-price.ts'
import { withBreaker } from '../resilience/with-breaker.ts'
import { withRetries } from '../resilience/with-retries.ts'
import { withSlots } from '../resilience/with-slots.ts'
import type { Source } from '../source.ts'
import { buildAdapter, positiveInteger } from './build-adapter.ts'
import { type ModelAliases, type ModelSettings, settingsOf } from './model-settings.ts'
import { type ModelSpec, parseSpec } from './parse-spec.ts'

const DEFAULT_SLOTS = 16

/**
 * Builds one model with all its layers except fallbacks. From the inside out: cassette, request settings, price,
 * breaker, slots, retries. A call frees its slot between attempts.
 */
export async function assembleSource(
  name: string,
  aliases: ModelAliases,
  env: NodeJS.ProcessEnv,
  hasFallback: boolean,
): Promise<Source> {
  const settings = settingsOf(name, aliases)
  const spec = parseSpec(settings.model, Object.keys(aliases))
  const { source: bare, server } = await buildAdapter(spec, settings, env)
  const taped = server === undefined ? bare : await withCassette(bare, env)
  const source = withRequestSettings(taped, settings)
  // A script has its own price, and a person should not have to type a reply again.
  if (spec.kind === 'scripted' || spec.kind === 'human') return source
  const priced = withPrice(source, choosePrice(spec, settings, server))
  // A command that failed may have had effects, so it is retried only if the settings say so.
  if (server === undefined) return withRetries(priced, { attempts: settings.attempts ?? 1, hasFallback })
  const guarded = withBreaker(priced, server)
  const slots = settings.concurrency ?? defaultSlots(spec, env)
  const limited = withSlots(guarded, {
    key: `${server} ${source.id}`,
    slots,
    folder: env.BAILIWICK_MODEL_SLOTS,
  })
  return withRetries(limited, { attempts: settings.attempts, retryMs: settings.retryMs, hasFallback })
}

/** By default, Ollama answers one request at a time. More would only wait until their timers expire. */
function defaultSlots(spec: ModelSpec, env: NodeJS.ProcessEnv): number {
  return spec.kind === 'ollama' ? (positiveInteger(env.OLLAMA_NUM_PARALLEL) ?? 1) : DEFAULT_SLOTS
}

/** The configuration's price; or free on the user's own machine; or the list's, if it knows the server. */
function choosePrice(spec: ModelSpec, settings: ModelSettings, server: string | undefined): PriceOf {
  if (settings.price !== undefined) return fixedPrice(settings.price)
  // Ollama forwards models with these names to its cloud.
  if (spec.kind === 'ollama') return /[:-]cloud$/.test(spec.model) ? UNKNOWN_PRICE : FREE
  if (spec.kind !== 'openai' || server === undefined) return UNKNOWN_PRICE
  return PRESETS[spec.provider]?.local ? FREE : listPrice(server)
}

/** Adds the configured temperature to requests without one, and keeps their output within the configured bound. */
function withRequestSettings(
  source: Source,
  { temperature, maxOutputTokens: bound }: Pick<ModelSettings, 'temperature' | 'maxOutputTokens'>,
): Source {
  if (temperature === undefined && bound === undefined) return source
  return {
    id: source.id,
    ask: (request, call) =>
      source.ask(
        {
          ...(temperature !== undefined && { temperature }),
          ...request,
          ...(bound !== undefined && { maxOutputTokens: Math.min(bound, request.maxOutputTokens ?? bound) }),
        },
        call,
      ),
  }
}
