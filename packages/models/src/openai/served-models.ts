import { z } from 'zod'

/** A model as a server lists it. */
export interface ServedModel {
  name: string
  /** The context that it is served with, or else the longest that it takes; absent where the server does not tell. */
  contextTokens?: number
  /** What it is told to do, in Ollama's words: `tools`, `thinking`, `vision`. Absent where nothing is told. */
  capabilities?: readonly string[]
}

/** Not for chat: served beside the others under the same list. */
const OTHER_USES =
  /embed|whisper|tts|audio|realtime|dall-e|image|moderation|transcribe|search|rerank|sora|davinci|babbage/i

const tokens = z.number().int().positive().optional().catch(undefined)
const words = z.array(z.string()).optional().catch(undefined)

/** The protocol has no fields for what a model can do: each server has its own. */
const listedSchema = z.object({
  id: z.string(),
  // OpenRouter
  context_length: tokens,
  supported_parameters: words,
  architecture: z.object({ input_modalities: words }).optional().catch(undefined),
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
      capabilities: words,
    }),
  ),
})

/** llama.cpp's `/props`: of the one model that it serves. */
const propsSchema = z.object({
  default_generation_settings: z.object({ n_ctx: tokens }),
  modalities: z.object({ vision: z.boolean() }).optional().catch(undefined),
})

/**
 * What a server tells of a model. `undefined` for one that is not for chat.
 *
 * @param facts what its own API says, where it has one
 */
export function readServed(entry: unknown, facts: unknown): ServedModel | undefined {
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
  const told: [string, boolean | undefined][] = [
    ['tools', tools],
    ['thinking', listed.supported_parameters?.includes('reasoning')],
    [
      'vision',
      listed.architecture?.input_modalities?.includes('image') ??
        props?.modalities?.vision ??
        (studio?.type === 'vlm' || undefined),
    ],
  ]
  const isTold = tools !== undefined || told.some(([, has]) => has)
  return {
    name: listed.id,
    ...(contextTokens !== undefined && { contextTokens }),
    ...(isTold && { capabilities: told.flatMap(([name, has]) => (has ? [name] : [])) }),
  }
}
