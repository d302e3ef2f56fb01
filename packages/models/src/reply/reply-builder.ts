import {
  type ModelCall,
  ModelError,
  type ModelReply,
  type ModelRequest,
  type Usage,
} from '@bailiwick/contract'
import type { Call } from '../source.ts'
import { type CallFragment, CallFragments } from './call-fragments.ts'
import { estimateTokens, estimateUsage } from './estimate-tokens.ts'

/** What one chunk of a stream adds, whatever the protocol. */
export interface ReplyPart {
  text?: string
  thinking?: string
  calls?: CallFragment[]
  /** The server's own word for why it ended. Its absence at the end of a stream means a cut. */
  finish?: string
  usage?: Omit<Usage, 'replies' | 'cost'>
  /** The model that answered, as the server names it. */
  model?: string
}

/** Gathers a stream's parts into the reply that ends it. */
export class ReplyBuilder {
  readonly #provider: string
  readonly #started = performance.now()
  readonly #calls = new CallFragments()
  #model: string
  #text = ''
  #thinking = ''
  #finish: string | undefined
  #usage: ReplyPart['usage']
  #firstMs: number | undefined

  constructor(provider: string, model: string) {
    this.#provider = provider
    this.#model = model
  }

  /** Takes a part in, and hands on what of it is for the reader at once. */
  add(part: ReplyPart, emit: Call['emit']): void {
    if (part.thinking) {
      this.#thinking += part.thinking
      this.#firstMs ??= performance.now() - this.#started
      emit({ type: 'thinking', text: part.thinking })
    }
    if (part.text) {
      this.#text += part.text
      this.#firstMs ??= performance.now() - this.#started
      emit({ type: 'text', text: part.text })
    }
    for (const fragment of part.calls ?? []) this.#calls.add(fragment)
    this.#finish = part.finish ?? this.#finish
    this.#usage = part.usage ?? this.#usage
    this.#model = part.model || this.#model
  }

  /**
   * The whole reply.
   *
   * @throws ModelError `model-cut` when the stream ended without saying why, `model-empty` when
   * nothing came, `model-refused` when a filter took everything.
   */
  build(request: ModelRequest): ModelReply {
    const calls = this.#calls.finish()
    const model = `${this.#provider}/${this.#model}`
    if (this.#finish === undefined) {
      throw new ModelError(
        'model-cut',
        `${model} ended its stream without a finish reason: the reply is not whole.`,
      )
    }
    const finish = finishOf(this.#finish, calls)
    if (this.#text === '' && calls.length === 0) this.#refuseEmpty(model, finish)
    const totalMs = performance.now() - this.#started
    return {
      text: this.#text,
      ...(this.#thinking !== '' && { thinking: this.#thinking }),
      calls,
      finish,
      usage: this.#usage
        ? { ...this.#usage, reasoningTokens: this.#reasoningTokens(this.#usage), replies: 1, cost: null }
        : estimateUsage(request, this.#text, this.#thinking),
      model,
      timing: { firstMs: this.#firstMs ?? totalMs, totalMs },
    }
  }

  /** Most servers do not count reasoning apart: then it is estimated from its text. */
  #reasoningTokens(usage: NonNullable<ReplyPart['usage']>): number {
    return usage.reasoningTokens || Math.min(usage.outputTokens, estimateTokens(this.#thinking))
  }

  #refuseEmpty(model: string, finish: ModelReply['finish']): void {
    if (finish === 'filter') {
      throw new ModelError('model-refused', `${model} gave no answer: the provider's content filter took it.`)
    }
    // All the output went into thinking: the reply says so by itself, and asking again would cost the same.
    if (finish === 'length' && this.#thinking !== '') return
    throw new ModelError('model-empty', `${model} gave an empty answer (finish reason "${this.#finish}").`)
  }
}

/** Servers end with "stop" also after calls, with "eos", "end_turn", "STOP" and worse. */
function finishOf(reason: string, calls: ModelCall[]): ModelReply['finish'] {
  const word = reason.toLowerCase()
  if (calls.length > 0 && word !== 'length') return 'calls'
  if (word === 'length' || word === 'max_tokens') return 'length'
  return word.includes('filter') || word === 'safety' ? 'filter' : 'stop'
}
