import type { GenerateOptions } from '@bailiwick/core/contract'

/** What an adapter takes besides the contract's options. Wrappers pass options on whole. */
export interface AdapterOptions extends GenerateOptions {
  /** Sends the requests instead of the global `fetch`: how cassettes record and replay raw responses. */
  fetch?: typeof fetch
}
