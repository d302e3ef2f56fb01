import type { Model, ModelReply, ModelRequest } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { isModelError } from '../is-model-error.ts'
import { estimatePromptTokens } from '../reply/estimate-tokens.ts'
import { instruct } from '../reply/instruct.ts'
import { ReplyBuilder } from '../reply/reply-builder.ts'
import { voidable } from '../restartable-call.ts'
import type { Call, Source } from '../source.ts'
import { causeOf } from '../wire/cause-of.ts'
import { type Exchange, openExchange } from '../wire/exchange.ts'
import type { Timers } from '../wire/timers.ts'
import { chatBody, type OllamaSettings } from './chat-body.ts'
import { toModelError } from './client.ts'
import { contextError, type Overflow } from './context-error.ts'
import { largestWindow, wasTruncated, windowFor } from './context-window.ts'
import { type ModelFacts, readFacts } from './model-facts.ts'
import { ollamaHost } from './ollama-host.ts'
import { openClient } from './open-client.ts'
import { readChunk } from './read-chunk.ts'
import { hasTools, type Learned, limitsOf, settingsFor } from './suit-model.ts'

export interface OllamaModelOptions extends OllamaSettings {
  /** As `ollama list` shows it. */
  model: string
  /** Address of the server, in any form that `OLLAMA_HOST` takes. Default: loopback, port 11434. */
  host?: string | undefined
  /** The largest context that may be asked for, in tokens. Default 32,768. More needs more memory. */
  contextTokens?: number | undefined
  /** False asks for whole answers. Default true. */
  stream?: boolean | undefined
  timers?: Partial<Timers> | undefined
}

/**
 * A model on an Ollama server, by its native API: only that can set the context's size. One attempt a
 * call: retries and limits are `resolveModel`'s.
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
      throw causeOf(exchange, error, toModelError)
    }
  }

  async function attempt(
    request: ModelRequest,
    facts: ModelFacts,
    exchange: Exchange,
    emit: Call['emit'],
  ): Promise<ModelReply | Overflow> {
    const { request: sent, read } = instruct(request, { outputSchema: true, tools: hasTools(facts, learned) })
    const estimated = estimatePromptTokens(sent)
    const window = windowFor(estimated, sent.maxOutputTokens, learned.window, limitsOf(options, facts))
    learned.window = window
    const client = await openClient(host, exchange.fetch)
    const body = chatBody(options.model, sent, { ...settingsFor(options, facts), numCtx: window })
    const builder = new ReplyBuilder('ollama', options.model)
    if (stream) {
      const chunks = await client.chat({ ...body, stream })
      for await (const chunk of chunks) builder.add(readChunk(id, chunk), emit)
    } else builder.add(readChunk(id, await client.chat({ ...body, stream })), emit)
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
      const tried = voidable(call)
      using exchange = open(call, stream ? 'lines' : 'json')
      try {
        const answer = await attempt(request, facts, exchange, tried.call.emit)
        if ('text' in answer) return answer
        grow(answer, facts, request)
      } catch (error) {
        const cause = causeOf(exchange, error, toModelError)
        if (!isModelError(cause)) throw cause
        if (cause.code === 'model-no-tools' && withTools) learned.tools = false
        else if (cause.code !== 'model-context' || exchange.faultBody === undefined) throw cause
        else grow({ window: learned.window, promptTokens: exchange.faultBody.promptTokens }, facts, request)
      }
      tried.void('the prompt did not fit the context, which was made larger')
    }
  }

  /** Asks for a larger context next time. @throws ModelError `model-context` where there is none. */
  function grow(overflow: Overflow, facts: ModelFacts, request: ModelRequest): void {
    const limits = limitsOf(options, facts)
    if (overflow.window >= largestWindow(limits)) throw contextError(id, overflow, limits)
    const larger = Math.max(learned.window, overflow.window * 2)
    learned.window = windowFor(overflow.promptTokens ?? 0, request.maxOutputTokens, larger, limits)
  }
  return { id, ask }
}
