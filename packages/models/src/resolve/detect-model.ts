import type { Model } from '@bailiwick/contract'
import { firstChatModel, ollamaRuns } from '../ollama/served-models.ts'
import { firstServedModel } from '../openai/served-models.ts'
import { addressOf } from './provider-address.ts'
import { type ResolveOptions, resolveModel } from './resolve-model.ts'

/** Where to look for a model. */
export interface DetectOptions extends Omit<ResolveOptions, 'env'> {
  /** The configuration's model, if any. `BAILIWICK_MODEL` overrides it. */
  configured?: string | undefined
  signal?: AbortSignal
}

/** A model that was found, and how. */
export interface DetectedModel {
  model: Model
  /** Its name, as `resolveModel` takes it. Pass it to other processes as `BAILIWICK_MODEL`. */
  name: string
  /** The setting or server that named it. */
  source: 'BAILIWICK_MODEL' | 'configuration' | 'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'ollama'
}

/**
 * Finds a model to use by default. Looks at `BAILIWICK_MODEL`, the configuration, an OpenAI key or base URL, and the
 * first model of a running Ollama that can chat. Returns undefined if there is none; then show `noModelMessage()`.
 *
 * @throws InputError for a name that cannot be resolved, ModelError if a configured server does not answer.
 * @example
 * ```ts
 * const found = await detectModel()
 * console.log(found ? `${found.name} (from ${found.source})` : noModelMessage())
 * ```
 */
export async function detectModel(
  env: NodeJS.ProcessEnv = process.env,
  options: DetectOptions = {},
): Promise<DetectedModel | undefined> {
  const found = await findName(env, options)
  if (found === undefined) return undefined
  const { aliases } = options
  const model = await resolveModel(found.name, { env, ...(aliases !== undefined && { aliases }) })
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

/** Says how to get a model, for users who have none. */
export function noModelMessage(): string {
  return `No model found. One of these is enough:
  - a local model: install Ollama (https://ollama.com/download), then run "ollama pull qwen3:8b"
  - OpenAI: set OPENAI_API_KEY
  - any server that speaks OpenAI's chat completions: set OPENAI_BASE_URL, and OPENAI_API_KEY if it needs a key
  - anything else: set BAILIWICK_MODEL, for example to openrouter/qwen/qwen3-32b, command:"my-llm --stdin" or human`
}
