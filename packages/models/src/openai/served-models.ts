import { isModelError, ModelError } from '@bailiwick/contract'
import type { OpenAI } from 'openai'
import { z } from 'zod'
import { openExchange } from '../wire/exchange.ts'
import { type OpenAiAddress, openClient, toModelError } from './client.ts'
import { PRESETS } from './presets.ts'

/** A model in a server's list. */
export interface ServedModel {
  /** The model's name on the server. */
  name: string
  /** The context that the server gives the model, or else the longest that the model takes. Absent if unknown. */
  contextTokens?: number
  /** What the model can do, in Ollama's words: `tools`, `thinking`, `vision`. Absent if unknown. */
  capabilities?: readonly string[]
}

const LIST_MS = 5_000

/** The models to prefer when a server has hundreds: able enough for agents and cheap enough as a default. */
const PREFERRED = ['gpt-5-mini', 'gpt-5', 'gpt-4.1-mini', 'gpt-4o-mini']

/** Lists a server's chat models in the server's order. @throws ModelError if it does not answer within 5 s. */
export async function servedModels(
  provider: string,
  address: OpenAiAddress,
  signal: AbortSignal = new AbortController().signal,
): Promise<ServedModel[]> {
  const ask = async <T>(question: (client: OpenAI) => Promise<T>): Promise<T> => {
    using exchange = openExchange({ model: provider, signal, timers: { totalMs: LIST_MS }, form: 'json' })
    try {
      return await question(await openClient(address, exchange.fetch))
    } catch (error) {
      throw exchange.reasonFor(error, toModelError)
    }
  }
  const { data } = await ask((client) => client.models.list())
  const { factsPath } = PRESETS[provider] ?? {}
  const facts =
    factsPath &&
    (await ask((client) => client.get(factsUrl(address.baseURL, factsPath))).catch(ignoreMissing))
  signal.throwIfAborted()
  return (data ?? []).flatMap((listed) => readServedModel(listed, facts) ?? [])
}

/** The server's own API is beside the compatible one, not below it. */
function factsUrl(baseURL: string, path: string): string {
  return baseURL.replace(/\/v1$/, '') + path
}

/** Older server versions do not have the path. Their facts stay unknown. */
function ignoreMissing(error: unknown): undefined {
  if (!isModelError(error)) throw error
}

/** The model to use if the user named a server but no model. @throws ModelError `model-unknown` if it serves none. */
export async function firstServedModel(
  provider: string,
  address: OpenAiAddress,
  signal?: AbortSignal,
): Promise<string> {
  const served = (await servedModels(provider, address, signal)).map(({ name }) => name)
  const name = PREFERRED.find((preferred) => served.includes(preferred)) ?? served[0]
  if (name !== undefined) return name
  throw new ModelError(
    'model-unknown',
    `Expected a chat model from ${provider} at ${address.baseURL}, found none. Name a model in BAILIWICK_MODEL.`,
  )
}

/** Models for other uses than chat. Servers list them too. */
const OTHER_USES =
  /embed|whisper|tts|audio|realtime|dall-e|image|moderation|transcribe|search|rerank|sora|davinci|babbage/i

const tokens = z.number().int().positive().optional().catch(undefined)
const names = z.array(z.string()).optional().catch(undefined)

/** The protocol has no fields for contexts and capabilities, so each server has its own. */
const listedSchema = z.object({
  id: z.string(),
  // OpenRouter
  context_length: tokens,
  supported_parameters: names,
  architecture: z.object({ input_modalities: names }).optional().catch(undefined),
  // vLLM
  max_model_len: tokens,
  // llama.cpp
  meta: z.object({ n_ctx_train: tokens }).optional().catch(undefined),
  // Anthropic
  max_input_tokens: tokens,
})

/** LM Studio's `/api/v0/models`. */
const studioSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      type: z.string().optional().catch(undefined),
      max_context_length: tokens,
      loaded_context_length: tokens,
      capabilities: names,
    }),
  ),
})

/** llama.cpp's `/props`, about the one model that it serves. */
const propsSchema = z.object({
  default_generation_settings: z.object({ n_ctx: tokens }),
  modalities: z.object({ vision: z.boolean() }).optional().catch(undefined),
})

/**
 * Reads one entry of a server's list. Returns undefined for a model that is not for chat.
 *
 * @param facts the answer of the server's own API, if it has one
 */
function readServedModel(entry: unknown, facts: unknown): ServedModel | undefined {
  const listed = listedSchema.safeParse(entry).data
  if (listed === undefined) return undefined
  const studio = studioSchema.safeParse(facts).data?.data.find(({ id }) => id === listed.id)
  const props = propsSchema.safeParse(facts).data
  if (OTHER_USES.test(listed.id) || studio?.type === 'embeddings') return undefined
  const contextTokens =
    studio?.loaded_context_length ??
    studio?.max_context_length ??
    props?.default_generation_settings.n_ctx ??
    listed.context_length ??
    listed.max_model_len ??
    listed.max_input_tokens ??
    listed.meta?.n_ctx_train
  const tools = listed.supported_parameters?.includes('tools') ?? studio?.capabilities?.includes('tool_use')
  const known: [string, boolean | undefined][] = [
    ['tools', tools],
    ['thinking', listed.supported_parameters?.includes('reasoning')],
    [
      'vision',
      listed.architecture?.input_modalities?.includes('image') ??
        props?.modalities?.vision ??
        (studio?.type === 'vlm' || undefined),
    ],
  ]
  const hasCapabilities = tools !== undefined || known.some(([, has]) => has)
  return {
    name: listed.id,
    ...(contextTokens !== undefined && { contextTokens }),
    ...(hasCapabilities && { capabilities: known.flatMap(([name, has]) => (has ? [name] : [])) }),
  }
}
