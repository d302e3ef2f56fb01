import type { Ollama, ShowResponse } from 'ollama'

/** What an Ollama server says about a model. */
export interface ModelFacts {
  /** Tokens that the model was trained on. */
  contextTokens: number | undefined
  /** `num_ctx` of its Modelfile. */
  configuredTokens: number | undefined
  /** `completion`, `tools`, `thinking`, `vision`, `embedding`, …; `undefined` from servers before 0.6.4. */
  capabilities: readonly string[] | undefined
}

/** Asks for a model's facts. */
export async function readFacts(client: Ollama, model: string): Promise<ModelFacts> {
  return factsOf(await client.show({ model }))
}

/** Picks the facts out of the server's description. */
export function factsOf(shown: Partial<ShowResponse>): ModelFacts {
  // Typed as a Map by the client, a plain object in fact.
  const info = Object.entries(shown.model_info ?? {})
  const context: unknown = info.find(([key]) => key.endsWith('.context_length'))?.[1]
  const configured = /^num_ctx\s+(\d+)/m.exec(shown.parameters ?? '')?.[1]
  return {
    contextTokens: typeof context === 'number' ? context : undefined,
    configuredTokens: configured === undefined ? undefined : Number(configured),
    capabilities: shown.capabilities,
  }
}
