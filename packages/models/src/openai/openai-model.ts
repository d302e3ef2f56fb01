import type { Model, ModelReply, ModelRequest } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { isModelError } from '../is-model-error.ts'
import { instruct } from '../reply/instruct.ts'
import { ReplyBuilder } from '../reply/reply-builder.ts'
import type { Call, Source } from '../source.ts'
import { causeOf } from '../wire/cause-of.ts'
import { type Exchange, openExchange } from '../wire/exchange.ts'
import type { Timers } from '../wire/timers.ts'
import { chatBody, type OpenAiFeatures } from './chat-body.ts'
import { openClient } from './client.ts'
import { unlearn } from './features.ts'
import { OPENAI_URL } from './presets.ts'
import { type Chunk, readChunk } from './read-chunk.ts'
import { readEvents } from './read-events.ts'
import { toModelError } from './to-model-error.ts'

export interface OpenAiModelOptions {
  /** The model's name as the server knows it. */
  model: string
  /** First part of the model's id. Default `openai`. */
  provider?: string
  /** Default: OpenAI's own. */
  baseURL?: string | undefined
  /** Local servers need none. */
  apiKey?: string | undefined
  headers?: Record<string, string> | undefined
  /** False asks for whole completions. Default true. */
  stream?: boolean | undefined
  timers?: Partial<Timers> | undefined
  /** What the server does not understand, where that is known. The rest is found out. */
  features?: Partial<OpenAiFeatures> | undefined
}

const ALL_FEATURES: OpenAiFeatures = {
  tools: true,
  outputSchema: true,
  streamUsage: true,
  temperature: true,
  stop: true,
  maxTokensField: 'max_tokens',
}
/** One for each feature that a server may refuse. */
const MAX_LESSONS = Object.keys(ALL_FEATURES).length

/**
 * A model behind any server that speaks OpenAI's chat completions. One attempt a call: retries,
 * limits and prices are `resolveModel`'s.
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
    const { request: sent, read } = instruct(request, tried)
    const builder = new ReplyBuilder(provider, options.model)
    const answer = client.chat.completions.create(chatBody(options.model, sent, tried, stream))
    const add = (chunk: unknown) => builder.add(readChunk(exchange.asked, chunk as Chunk, stream), emit)
    if (stream) await readEvents(await answer.asResponse(), add)
    else add(await answer)
    // A stream that was aborted, cut by a timer or by the server ends like a whole one.
    exchange.check()
    return read(builder.build(sent))
  }

  async function ask(request: ModelRequest, { signal, emit, fetch }: Call): Promise<ModelReply> {
    for (let lessons = 0; ; lessons++) {
      const tried = features
      const form = stream ? 'events' : 'json'
      using exchange = openExchange({ model: id, signal, timers: options.timers, fetch, form })
      try {
        return await attempt(request, tried, exchange, emit)
      } catch (error) {
        const cause = causeOf(exchange, error, toModelError)
        const lesson = isModelError(cause) && unlearn(tried, cause, exchange.faultBody)
        if (!lesson || lessons === MAX_LESSONS) throw cause
        features = { ...features, ...lesson }
      }
    }
  }
  return { id, ask }
}
