import { isModelError } from '../is-model-error.ts'
import { installedModels, ollamaRuns } from '../ollama/served-models.ts'
import { servedModels } from '../openai/list-served.ts'
import { PRESETS } from '../openai/presets.ts'
import type { ServedModel } from '../openai/served-models.ts'
import { listedContext } from '../price/price-list.ts'
import { addressOf } from './provider-address.ts'
import type { ResolveOptions } from './resolve-model.ts'
import { aliasesFrom, settingsOf } from './settings-of.ts'

/** A model that can be reached now. What is not known of it is absent. */
export interface ListedModel extends ServedModel {
  /** As `resolveModel` takes it. */
  name: string
  /** What an alias stands for. */
  aliasOf?: string
}

/**
 * The models that can be reached: the configuration's aliases, those of every provider whose key or address
 * is set or that serves on this machine, and those of a running Ollama. A server that does not answer has none.
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
  for await (const { name, facts } of installedModels(host, signal)) {
    const { contextTokens, capabilities } = facts
    listed.push({
      name: `ollama/${name}`,
      ...(contextTokens !== undefined && { contextTokens }),
      ...(capabilities !== undefined && { capabilities }),
    })
  }
  return listed
}
