import type { Model } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { withFallbacks } from '../resilience/with-fallbacks.ts'
import { assembleSource } from './assemble-source.ts'
import type { ModelAliases } from './model-settings.ts'
import { aliasesFrom, settingsOf } from './settings-of.ts'

export interface ResolveOptions {
  /** Default: this process's. */
  env?: NodeJS.ProcessEnv
  /** Of the configuration. `BAILIWICK_MODELS` adds to them. */
  aliases?: ModelAliases
}

/**
 * The model that a name stands for: `provider/model`, an alias, `scripted:<file>`, `command:<program>`
 * or `human`. Nothing is asked of a server, and its client is not loaded, before the first call. What
 * may pass is tried again, what the settings limit is limited, and the reply's usage carries its cost.
 *
 * @throws InputError for an unknown name, a missing key, aliases in a circle.
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
  // Fallbacks of a fallback are not followed: two aliases may name each other.
  const others = fallbacks.map((other, place) =>
    assembleSource(other, aliases, env, place < fallbacks.length - 1),
  )
  return asModel(withFallbacks(source, await Promise.all(others)))
}
