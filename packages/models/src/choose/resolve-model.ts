import type { Model } from '@bailiwick/core/contract'
import { buildAdapter } from './build-adapter.ts'
import type { ModelAliases } from './model-settings.ts'
import { parseSpec } from './parse-spec.ts'
import { aliasesFrom, settingsOf } from './settings-of.ts'

export interface ResolveOptions {
  /** Default: this process's. */
  env?: NodeJS.ProcessEnv
  /** Of the configuration. `BAILIWICK_MODELS` adds to them. */
  aliases?: ModelAliases
}

/**
 * The model that a name stands for: `provider/model`, an alias, `scripted:<file>`, `command:<program>`
 * or `human`. Nothing is asked of a server, and its client is not loaded, before the first call.
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
  const settings = settingsOf(name, aliases)
  return buildAdapter(parseSpec(settings.model, Object.keys(aliases)), settings, env)
}
