import type { GenerateOptions, ModelEvent, ModelReply, ModelRequest } from '@bailiwick/contract'

/** Everything that a call carries besides its request. A layer passes it on whole and may replace single fields. */
export interface Call extends GenerateOptions {
  /** Delivers a delta at once. */
  emit(event: Exclude<ModelEvent, { type: 'reply' }>): void
  /** Replaces the global `fetch`. Cassettes use it to record and replay raw responses. */
  fetch?: typeof fetch
}

/**
 * A model as this package builds it: `ask` emits the deltas and returns the reply. A layer around a source is
 * therefore a function around a function, and a delta costs one call however many layers there are. With an async
 * generator in each layer it would cost several promises per layer. `asModel` turns the outermost source into the
 * contract's model.
 */
export interface Source {
  /** `provider/model`. */
  readonly id: string
  ask(request: ModelRequest, call: Call): Promise<ModelReply>
}
