import { isModelError, type Model, type ModelReply, type ModelRequest } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { emulateFeatures } from '../reply/emulate.ts'
import { estimatePromptTokens } from '../reply/estimate-tokens.ts'
import { ReplyBuilder } from '../reply/reply-builder.ts'
import { restartableCall } from '../restartable-call.ts'
import type { Call, Source } from '../source.ts'
import { type Exchange, openExchange } from '../wire/exchange.ts'
import type { Timers } from '../wire/timers.ts'
import { chatBody, type OllamaSettings } from './chat-body.ts'
import { openClient, toModelError } from './client.ts'
import {
  contextError,
  maxWindow,
  type Overflow,
  wasTruncated,
  windowFor,
  windowLimits,
} from './context-window.ts'
import { ollamaHost } from './ollama-host.ts'
import { readChunk } from './read-chunk.ts'
import { type ModelFacts, readFacts } from './served-models.ts'

/** A model and the Ollama server to reach it at. */
export interface OllamaModelOptions extends OllamaSettings {
  /** The model's name in `ollama list`. */
  model: string
  /** Address of the server, in any form that `OLLAMA_HOST` takes. Default: loopback, port 11434. */
  host?: string | undefined
  /** The largest context that a request may ask for, in tokens. Default 32,768. More needs more memory. */
  contextTokens?: number | undefined
  /** False asks for whole answers instead of streams. Default true. */
  stream?: boolean | undefined
  /** Milliseconds of one attempt. Default: 240,000 to the first byte, 60,000 between chunks, 600,000 in all. */
  timers?: Partial<Timers> | undefined
}

/** What one model object has learned about its model. */
interface Learned {
  facts?: ModelFacts
  /** The largest `num_ctx` sent so far. */
  window: number
  /** False once the server has answered that the model does not support tools. */
  tools: boolean
}

/**
 * A model on an Ollama server, through its native API: only that can set the context's size. A call is one attempt,
 * without limits or prices: `resolveModel` adds those. `generate` throws a `ModelError`, or the signal's reason.
 *
 * @example
 * ```ts
 * const model = ollamaModel({ model: 'qwen3:8b', contextTokens: 65_536 })
 * ```
 */
export function ollamaModel(options: OllamaModelOptions): Model {
  return asModel(ollamaSource(options))
}

export function ollamaSource(options: OllamaModelOptions): Source {
  const { stream = true } = options
  const id = `ollama/${options.model}`
  const host = ollamaHost(options.host)
  const learned: Learned = { window: 0, tools: true }

  const open = ({ signal, fetch }: Call, form: 'json' | 'lines') =>
    openExchange({ model: id, signal, timers: options.timers, fetch, form })

  async function factsOf(call: Call): Promise<ModelFacts> {
    using exchange = open(call, 'json')
    try {
      return await readFacts(await openClient(host, exchange.fetch), options.model)
    } catch (error) {
      throw exchange.reasonFor(error, toModelError)
    }
  }

  async function attempt(
    request: ModelRequest,
    facts: ModelFacts,
    exchange: Exchange,
    emit: Call['emit'],
  ): Promise<ModelReply | Overflow> {
    const native = { outputSchema: true, tools: hasTools(facts, learned) }
    const { request: sent, read } = emulateFeatures(request, native)
    const estimated = estimatePromptTokens(sent)
    const limits = windowLimits(options.contextTokens, facts)
    const window = windowFor(estimated, sent.maxOutputTokens, learned.window, limits)
    learned.window = window
    const client = await openClient(host, exchange.fetch)
    const body = chatBody(options.model, sent, { ...settingsFor(options, facts), numCtx: window })
    const builder = new ReplyBuilder('ollama', options.model)
    if (stream) {
      const chunks = await client.chat({ ...body, stream })
      for await (const chunk of chunks) builder.add(readChunk(exchange.endpoint, chunk), emit)
    } else builder.add(readChunk(exchange.endpoint, await client.chat({ ...body, stream })), emit)
    exchange.check()
    const reply = builder.build(sent)
    const counted = reply.usage.inputTokens
    if (!wasTruncated(counted, estimated, window)) return read(reply)
    return { window, promptTokens: Math.max(counted, estimated) }
  }

  async function ask(request: ModelRequest, call: Call): Promise<ModelReply> {
    learned.facts ??= await factsOf(call)
    const facts = learned.facts
    for (;;) {
      const withTools = hasTools(facts, learned)
      const tried = restartableCall(call)
      using exchange = open(call, stream ? 'lines' : 'json')
      try {
        const answer = await attempt(request, facts, exchange, tried.call.emit)
        if ('text' in answer) return answer
        enlargeWindow(answer, facts, request)
      } catch (error) {
        const reason = exchange.reasonFor(error, toModelError)
        if (!isModelError(reason)) throw reason
        if (reason.code === 'model-no-tools' && withTools) learned.tools = false
        else if (reason.code !== 'model-context' || exchange.errorBody === undefined) throw reason
        else {
          const { promptTokens } = exchange.errorBody
          enlargeWindow({ window: learned.window, promptTokens }, facts, request)
        }
      }
      tried.restart('the request is sent again in a form that fits the model')
    }
  }

  /** Makes the next request ask for a larger window. @throws ModelError `model-context` if the limits forbid it. */
  function enlargeWindow(overflow: Overflow, facts: ModelFacts, request: ModelRequest): void {
    const limits = windowLimits(options.contextTokens, facts)
    if (overflow.window >= maxWindow(limits)) throw contextError(id, overflow, limits)
    const larger = Math.max(learned.window, overflow.window * 2)
    learned.window = windowFor(overflow.promptTokens ?? 0, request.maxOutputTokens, larger, limits)
  }
  return { id, ask }
}

/** True if the server takes tools for this model. deepseek-r1 and others have no template for them. */
function hasTools(facts: ModelFacts, learned: Learned): boolean {
  return learned.tools && (facts.capabilities?.includes('tools') ?? true)
}

/** The settings that this model takes: models that cannot think refuse `think`. */
function settingsFor(settings: OllamaSettings, facts: ModelFacts): OllamaSettings {
  const thinks = facts.capabilities?.includes('thinking') ?? true
  return { keepAlive: settings.keepAlive, think: thinks ? settings.think : undefined }
}
