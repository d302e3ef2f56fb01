import { InputError } from '@bailiwick/contract'
import { z } from 'zod'
import { type ModelAliases, type ModelSettings, modelAliasesSchema } from './model-settings.ts'

/** Aliases in effect: the configuration's, then those that a parent process handed down in `BAILIWICK_MODELS`. */
export function aliasesFrom(env: NodeJS.ProcessEnv, configured: ModelAliases = {}): ModelAliases {
  const text = env.BAILIWICK_MODELS
  if (!text) return configured
  const parsed = modelAliasesSchema.safeParse(parseJson(text))
  if (parsed.success) return { ...parsed.data, ...configured }
  throw new InputError(`BAILIWICK_MODELS is no JSON of model aliases.\n${z.prettifyError(parsed.error)}`)
}

/**
 * Follows a name through the aliases to a real model. Settings of an outer alias win over an inner one's.
 *
 * @throws InputError when aliases lead in a circle.
 */
export function settingsOf(name: string, aliases: ModelAliases): ModelSettings {
  const path = [name]
  let settings: ModelSettings = { model: name }
  for (let alias = aliases[name]; alias !== undefined; alias = aliases[settings.model]) {
    const inner = typeof alias === 'string' ? { model: alias } : alias
    settings = { ...inner, ...settings, model: inner.model }
    // An alias may be named like the model that it sets something for.
    if (inner.model === path.at(-1)) break
    if (path.includes(inner.model)) {
      throw new InputError(`The model aliases lead in a circle: ${[...path, inner.model].join(' → ')}.`)
    }
    path.push(inner.model)
  }
  return settings
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
