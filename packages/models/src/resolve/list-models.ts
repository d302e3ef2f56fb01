import { isModelError } from '@bailiwick/contract'
import { servedModels as ollamaModels, ollamaRuns } from '../ollama/served-models.ts'
import { PRESETS } from '../openai/presets.ts'
import { type ServedModel, servedModels } from '../openai/served-models.ts'
import { listedContext } from '../price/price-list.ts'
import { aliasesFrom, settingsOf } from './model-settings.ts'
import { addressOf } from './provider-address.ts'
import type { ResolveOptions } from './resolve-model.ts'

/** A model that can be reached now. Unknown facts are absent. */
export interface ListedModel extends ServedModel {
  /** As `resolveModel` takes it. */
  name: string
  /** The model that an alias stands for. */
  aliasOf?: string
}

/**
 * Lists the models that can be reached: the configuration's aliases, then the models of each provider that has a key
 * or address or runs on this machine, then those of a running Ollama. Skips servers that do not answer within 5 s.
 *
 * @throws InputError for bad aliases, or the signal's reason.
 * @example
 * ```ts
 * for (const { name, contextTokens } of await listModels()) console.log(name, contextTokens ?? 'unknown')
 * ```
 */
export async function listModels(
  options: ResolveOptions & { signal?: AbortSignal } = {},
): Promise<ListedModel[]> {
  const { env = process.env, signal } = options
  const aliases = aliasesFrom(env, options.aliases)
  const named = Object.keys(aliases).map((name) => ({ name, aliasOf: settingsOf(name, aliases).model }))
  const providers = Object.keys(PRESETS).map((provider) => listServed(provider, env, signal))
  const served = await Promise.all([...providers, listOllama(env.OLLAMA_HOST, signal)])
  return [...named, ...served.flat()]
}

async function listServed(
  provider: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<ListedModel[]> {
  const { keyVariable, urlVariable, local } = PRESETS[provider] ?? {}
  const isSet = (variable: string | undefined) => variable !== undefined && Boolean(env[variable])
  if (!local && !isSet(keyVariable) && !isSet(urlVariable)) return []
  try {
    const address = addressOf(provider, env)
    const served = await servedModels(provider, address, signal)
    return await Promise.all(
      served.map(async (model) => {
        const contextTokens = model.contextTokens ?? (await listedContext(address.baseURL, model.name))
        const name = `${provider}/${model.name}`
        return { ...model, name, ...(contextTokens !== undefined && { contextTokens }) }
      }),
    )
  } catch (error) {
    signal?.throwIfAborted()
    if (isModelError(error)) return []
    throw error
  }
}

async function listOllama(host: string | undefined, signal: AbortSignal | undefined): Promise<ListedModel[]> {
  if (!(await ollamaRuns(host, signal))) return []
  const listed: ListedModel[] = []
  for await (const { name, facts } of ollamaModels(host, signal)) {
    const { contextTokens, capabilities } = facts
    listed.push({
      name: `ollama/${name}`,
      ...(contextTokens !== undefined && { contextTokens }),
      ...(capabilities !== undefined && { capabilities }),
    })
  }
  return listed
}
