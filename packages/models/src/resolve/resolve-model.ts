import type { Model } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { withFallbacks } from '../resilience/with-fallbacks.ts'
import { assembleSource } from './assemble-source.ts'
import { aliasesFrom, type ModelAliases, settingsOf } from './model-settings.ts'

/** Where to look up a model's name. */
export interface ResolveOptions {
  /** Default: this process's environment. */
  env?: NodeJS.ProcessEnv
  /** The configuration's aliases. `BAILIWICK_MODELS` adds to them. */
  aliases?: ModelAliases
}

/**
 * Builds the model that a name stands for: `provider/model`, an alias, `scripted:<file>`, `command:<program>` or
 * `human`. It retries failures that may pass, keeps to the limits of its settings, and adds the cost to each reply's
 * usage. Nothing is sent, and no client library is loaded, before the first call.
 *
 * @throws InputError for an unknown name, a missing key, or a cycle of aliases; (from `generate`) ModelError with a
 * code for the cause, ExhaustedError if the request's `maxCost` does not pay for it, or the signal's reason.
 * @example
 * ```ts
 * const model = await resolveModel('ollama/qwen3:8b')
 * ```
 */
export async function resolveModel(name: string, options: ResolveOptions = {}): Promise<Model> {
  const env = options.env ?? process.env
  const aliases = aliasesFrom(env, options.aliases)
  const { fallbacks = [] } = settingsOf(name, aliases)
  const hasFallback = fallbacks.length > 0
  const source = await assembleSource(name, aliases, env, hasFallback)
  if (!hasFallback) return asModel(source)
  // Ignores the fallbacks of a fallback, because two aliases may name each other.
  const others = fallbacks.map((other, place) =>
    assembleSource(other, aliases, env, place < fallbacks.length - 1),
  )
  return asModel(withFallbacks(source, await Promise.all(others)))
}
