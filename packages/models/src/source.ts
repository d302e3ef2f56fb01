import type { GenerateOptions, ModelEvent, ModelReply, ModelRequest } from '@bailiwick/contract'

/** What a call takes besides its request. Layers pass it on whole. */
export interface Call extends GenerateOptions {
  /** Takes what comes before the reply, as it comes. */
  emit(event: Exclude<ModelEvent, { type: 'reply' }>): void
  /** Sends the requests instead of the global `fetch`: how cassettes record and replay raw responses. */
  fetch?: typeof fetch
}

/**
 * A model as it is built here: the reply is returned, what comes before it is handed on. So a layer around a
 * source is a function around a function, and a delta costs a call however many there are;
 * an async generator in each would cost it several promises. `asModel` makes the contract's model of the last.
 */
export interface Source {
  /** `provider/model`. */
  readonly id: string
  ask(request: ModelRequest, call: Call): Promise<ModelReply>
}
