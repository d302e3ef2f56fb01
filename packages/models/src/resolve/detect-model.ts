import type { Model } from '@bailiwick/contract'
import { firstChatModel, ollamaRuns } from '../ollama/served-models.ts'
import { firstServedModel } from '../openai/list-served.ts'
import { addressOf } from './provider-address.ts'
import { type ResolveOptions, resolveModel } from './resolve-model.ts'

export interface DetectOptions extends Omit<ResolveOptions, 'env'> {
  /** The configuration's model, where it names one. `BAILIWICK_MODEL` wins over it. */
  configured?: string | undefined
  signal?: AbortSignal
}

export interface DetectedModel {
  model: Model
  /** Its name, as `resolveModel` takes it: to be handed to other processes as `BAILIWICK_MODEL`. */
  name: string
  /** What it was found by. */
  source: 'BAILIWICK_MODEL' | 'configuration' | 'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'ollama'
}

/**
 * The model to use where none was named: `BAILIWICK_MODEL`, the configuration, an OpenAI key or base
 * URL, a running Ollama's first model that can chat. `undefined` where there is none of these;
 * `noModelMessage()` says what to do then.
 *
 * @throws InputError for a name that means nothing, ModelError when a named server does not answer.
 */
export async function detectModel(
  env: NodeJS.ProcessEnv = process.env,
  options: DetectOptions = {},
): Promise<DetectedModel | undefined> {
  const found = await findName(env, options)
  if (found === undefined) return undefined
  const model = await resolveModel(found.name, { env, ...(options.aliases && { aliases: options.aliases }) })
  return { model, ...found }
}

async function findName(
  env: NodeJS.ProcessEnv,
  { configured, signal }: DetectOptions,
): Promise<Omit<DetectedModel, 'model'> | undefined> {
  if (env.BAILIWICK_MODEL) return { name: env.BAILIWICK_MODEL, source: 'BAILIWICK_MODEL' }
  if (configured) return { name: configured, source: 'configuration' }
  const source = env.OPENAI_API_KEY ? 'OPENAI_API_KEY' : env.OPENAI_BASE_URL ? 'OPENAI_BASE_URL' : undefined
  if (source !== undefined) {
    const name = env.OPENAI_MODEL || (await firstServedModel('openai', addressOf('openai', env), signal))
    return { name: `openai/${name}`, source }
  }
  const host = env.OLLAMA_HOST
  const name = (await ollamaRuns(host, signal)) ? await firstChatModel(host, signal) : undefined
  return name === undefined ? undefined : { name: `ollama/${name}`, source: 'ollama' }
}
