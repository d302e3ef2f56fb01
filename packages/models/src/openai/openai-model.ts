import { isModelError, type Model, type ModelReply, type ModelRequest } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { emulateFeatures } from '../reply/emulate.ts'
import { ReplyBuilder } from '../reply/reply-builder.ts'
import type { Call, Source } from '../source.ts'
import { type Exchange, openExchange } from '../wire/exchange.ts'
import type { Timers } from '../wire/timers.ts'
import { chatBody } from './chat-body.ts'
import { openClient, toModelError } from './client.ts'
import { ALL_FEATURES, adaptFeatures, type OpenAiFeatures } from './features.ts'
import { OPENAI_URL } from './presets.ts'
import { type Chunk, readChunk } from './read-chunk.ts'
import { readEvents } from './read-events.ts'

/** A model and the server to reach it at. */
export interface OpenAiModelOptions {
  /** The model's name on the server. */
  model: string
  /** First part of the model's id. Default `openai`. */
  provider?: string
  /** Default: OpenAI's own. */
  baseURL?: string | undefined
  /** Local servers need none. */
  apiKey?: string | undefined
  /** Additional headers of every request. */
  headers?: Record<string, string> | undefined
  /** False asks for whole completions instead of streams. Default true. */
  stream?: boolean | undefined
  /** Milliseconds of one attempt. Default: 240,000 to the first byte, 60,000 between chunks, 600,000 in all. */
  timers?: Partial<Timers> | undefined
  /** Features that the server is known to lack. The model finds out about the others by itself. */
  features?: Partial<OpenAiFeatures> | undefined
}

/** A server can refuse each feature once. */
const MAX_REFUSALS = Object.keys(ALL_FEATURES).length

/**
 * A model behind any server that speaks OpenAI's chat completions. A call is one attempt, without limits or prices:
 * `resolveModel` adds those. `generate` throws a `ModelError`, or the signal's reason.
 *
 * @example
 * ```ts
 * const model = openaiModel({ model: 'qwen3-8b', baseURL: 'http://127.0.0.1:1234/v1' })
 * ```
 */
export function openaiModel(options: OpenAiModelOptions): Model {
  return asModel(openaiSource(options))
}

export function openaiSource(options: OpenAiModelOptions): Source {
  const { baseURL = OPENAI_URL, stream = true } = options
  const provider = options.provider ?? 'openai'
  const id = `${provider}/${options.model}`
  let features: OpenAiFeatures = {
    ...ALL_FEATURES,
    ...(baseURL === OPENAI_URL && { maxTokensField: 'max_completion_tokens' }),
    ...options.features,
  }

  async function attempt(
    request: ModelRequest,
    tried: OpenAiFeatures,
    exchange: Exchange,
    emit: Call['emit'],
  ): Promise<ModelReply> {
    const client = await openClient({ ...options, baseURL }, exchange.fetch)
    const { request: sent, read } = emulateFeatures(request, tried)
    const builder = new ReplyBuilder(provider, options.model)
    const answer = client.chat.completions.create(chatBody(options.model, sent, tried, stream))
    const add = (chunk: unknown) => builder.add(readChunk(exchange.endpoint, chunk as Chunk, stream), emit)
    if (stream) await readEvents(await answer.asResponse(), add)
    else add(await answer)
    // A stream that an abort, a timer or the server cut off ends like a complete one.
    exchange.check()
    return read(builder.build(sent))
  }

  async function ask(request: ModelRequest, { signal, emit, fetch }: Call): Promise<ModelReply> {
    for (let refusals = 0; ; refusals++) {
      const tried = features
      const form = stream ? 'events' : 'json'
      using exchange = openExchange({ model: id, signal, timers: options.timers, fetch, form })
      try {
        return await attempt(request, tried, exchange, emit)
      } catch (error) {
        const reason = exchange.reasonFor(error, toModelError)
        const change = isModelError(reason) && adaptFeatures(tried, reason, exchange.errorBody)
        if (!change || refusals === MAX_REFUSALS) throw reason
        features = { ...features, ...change }
      }
    }
  }
  return { id, ask }
}
