import { ModelError } from '@bailiwick/core/contract'
import { causeOf } from '../wire/cause-of.ts'
import { openExchange } from '../wire/exchange.ts'
import { openClient } from './open-client.ts'
import { toModelError } from './to-model-error.ts'

const LIST_MS = 5_000

/** Not for chat: served beside the others under the same list. */
const OTHER_USES =
  /embed|whisper|tts|audio|realtime|dall-e|image|moderation|transcribe|search|rerank|sora|davinci|babbage/i
/** Chosen first where an account has hundreds: able enough for agents, cheap enough to be chosen unasked. */
const PREFERRED = ['gpt-5-mini', 'gpt-5', 'gpt-4.1-mini', 'gpt-4o-mini']

/** A model as a server lists it. */
export interface ServedModel {
  name: string
  /** Where the server tells. */
  contextTokens?: number
}

/** A server's chat models, in its order. @throws ModelError when it does not answer. */
export async function servedModels(
  provider: string,
  address: { baseURL: string; apiKey?: string | undefined },
  signal: AbortSignal = new AbortController().signal,
): Promise<ServedModel[]> {
  using exchange = openExchange({ model: provider, signal, timers: { totalMs: LIST_MS }, form: 'json' })
  try {
    const client = await openClient(address, exchange.fetch)
    const { data } = await client.models.list()
    return (data ?? []).filter(({ id }) => !OTHER_USES.test(id)).map(readServed)
  } catch (error) {
    throw causeOf(exchange, error, toModelError)
  }
}

/** OpenRouter and vLLM tell the context, each under its own name; the protocol has none for it. */
function readServed(listed: { id: string; context_length?: unknown; max_model_len?: unknown }): ServedModel {
  const tokens = listed.context_length ?? listed.max_model_len
  return { name: listed.id, ...(typeof tokens === 'number' && { contextTokens: tokens }) }
}

/** The model to use where a server is known and no model was named. */
export async function firstServedModel(
  provider: string,
  address: { baseURL: string; apiKey?: string | undefined },
  signal?: AbortSignal,
): Promise<string> {
  const served = (await servedModels(provider, address, signal)).map(({ name: id }) => id)
  const name = PREFERRED.find((preferred) => served.includes(preferred)) ?? served[0]
  if (name !== undefined) return name
  throw new ModelError(
    'model-unknown',
    `${provider} at ${address.baseURL} serves no chat model: name one in BAILIWICK_MODEL.`,
  )
}
