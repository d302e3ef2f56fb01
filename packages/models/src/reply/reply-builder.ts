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

/** The content of one chunk, in one form for all protocols. */
export interface ReplyPart {
  text?: string
  thinking?: string
  calls?: CallFragment[]
  /** The server's word for why the reply ended. A stream that ends without one was cut off. */
  finish?: string
  usage?: Omit<Usage, 'replies' | 'cost'>
  /** The server's name for the model that answered. */
  model?: string
}

/** Builds a reply from the parts of a stream. */
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

  /** Adds a part, and emits its text and thinking at once. */
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
   * The complete reply.
   *
   * @throws ModelError `model-cut` if the stream ended without a finish reason, `model-empty` if it had no content,
   * `model-refused` if a filter removed all content.
   */
  build(request: ModelRequest): ModelReply {
    const calls = this.#calls.finish()
    const model = `${this.#provider}/${this.#model}`
    if (this.#finish === undefined) {
      throw new ModelError(
        'model-cut',
        `Expected a finish reason from ${model}, got the end of the stream. Check the server's log and the network.`,
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

  /** Most servers do not count reasoning separately, so this estimates it from the text. */
  #reasoningTokens(usage: NonNullable<ReplyPart['usage']>): number {
    return usage.reasoningTokens || Math.min(usage.outputTokens, estimateTokens(this.#thinking))
  }

  #refuseEmpty(model: string, finish: ModelReply['finish']): void {
    if (finish === 'filter') {
      throw new ModelError(
        'model-refused',
        `Expected text or calls from ${model}, got nothing: the provider's content filter removed the reply. Rephrase the task or choose another model.`,
      )
    }
    // Thinking used up all the output. The reply shows that itself, and another attempt would cost the same.
    if (finish === 'length' && this.#thinking !== '') return
    throw new ModelError(
      'model-empty',
      `Expected text or calls from ${model}, got an empty reply (finish reason "${this.#finish}"). Check the server's log, or choose another model.`,
    )
  }
}

/** Some servers send "stop" after calls too, and others send "eos", "end_turn" or "STOP". */
function finishOf(reason: string, calls: ModelCall[]): ModelReply['finish'] {
  const word = reason.toLowerCase()
  if (calls.length > 0 && word !== 'length') return 'calls'
  if (word === 'length' || word === 'max_tokens') return 'length'
  return word.includes('filter') || word === 'safety' ? 'filter' : 'stop'
}
