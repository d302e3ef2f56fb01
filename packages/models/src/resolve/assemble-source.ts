import { withCassette } from '../cassette/with-cassette.ts'
import { withPrice } from '../price/with-price.ts'
import { withBreaker } from '../resilience/with-breaker.ts'
import { withRetries } from '../resilience/with-retries.ts'
import { withSlots } from '../resilience/with-slots.ts'
import type { Source } from '../source.ts'
import { buildAdapter } from './build-adapter.ts'
import { choosePrice } from './choose-price.ts'
import type { ModelAliases } from './model-settings.ts'
import { type ModelSpec, parseSpec } from './parse-spec.ts'
import { settingsOf } from './settings-of.ts'
import { withRequestSettings } from './with-request-settings.ts'

const SLOTS = 16

/**
 * One model with everything around it but its fallbacks. From the inside out: responses go to or come from
 * a cassette, the settings are put into the request, the reply is priced, a broken server is left alone, calls wait for a slot, and what may pass is
 * tried again. A slot is given back between attempts.
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
  // A script knows its price, and nobody types a reply again because it was empty.
  if (spec.kind === 'scripted' || spec.kind === 'human') return source
  const priced = withPrice(source, choosePrice(spec, settings, server))
  // What a command did before it failed is not known: it is run again only where that is asked for.
  if (server === undefined) return withRetries(priced, { attempts: settings.attempts ?? 1, hasFallback })
  const guarded = withBreaker(priced, server)
  const slots = settings.concurrency ?? defaultSlots(spec, env)
  const limited = withSlots(guarded, {
    key: `${server} ${source.id}`,
    slots,
    folder: env.BAILIWICK_MODEL_SLOTS,
  })
  return withRetries(limited, { attempts: settings.attempts, hasFallback })
}

/** Ollama answers one request at a time unless it is told otherwise; more would only run into its timers. */
function defaultSlots(spec: ModelSpec, env: NodeJS.ProcessEnv): number {
  if (spec.kind !== 'ollama') return SLOTS
  const parallel = Number(env.OLLAMA_NUM_PARALLEL)
  return Number.isSafeInteger(parallel) && parallel > 0 ? parallel : 1
}
