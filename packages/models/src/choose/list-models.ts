import { isModelError } from '../is-model-error.ts'
import { installedModels, ollamaRuns } from '../ollama/find-ollama.ts'
import { servedModels } from '../openai/list-served.ts'
import { PRESETS } from '../openai/presets.ts'
import { addressOf } from './provider-address.ts'
import type { ResolveOptions } from './resolve-model.ts'
import { aliasesFrom, settingsOf } from './settings-of.ts'

/** A model that can be reached now. */
export interface ListedModel {
  /** As `resolveModel` takes it. */
  name: string
  /** What is known of it: context in tokens, what it can do, or what an alias stands for. */
  contextTokens?: number
  capabilities?: readonly string[]
  aliasOf?: string
}

/**
 * The models that can be reached: the configuration's aliases, those of every provider whose key or address
 * is set, and those of a running Ollama. A server that does not answer has none.
 */
export async function listModels(
  options: ResolveOptions & { signal?: AbortSignal } = {},
): Promise<ListedModel[]> {
  const { env = process.env, signal } = options
  const aliases = aliasesFrom(env, options.aliases)
  const named = Object.keys(aliases).map((name) => ({ name, aliasOf: settingsOf(name, aliases).model }))
  const served = await Promise.all(Object.keys(PRESETS).map((provider) => listServed(provider, env, signal)))
  return [...named, ...served.flat(), ...(await listOllama(env.OLLAMA_HOST, signal))]
}

async function listServed(
  provider: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<ListedModel[]> {
  const { keyVariable, urlVariable } = PRESETS[provider] ?? {}
  const isSet = (variable: string | undefined) => variable !== undefined && Boolean(env[variable])
  if (!isSet(keyVariable) && !isSet(urlVariable)) return []
  try {
    const served = await servedModels(provider, addressOf(provider, env), signal)
    return served.map((model) => ({ ...model, name: `${provider}/${model.name}` }))
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
      ...(contextTokens === undefined ? {} : { contextTokens }),
      ...(capabilities === undefined ? {} : { capabilities }),
    })
  }
  return listed
}
