import type { Ollama, ShowResponse } from 'ollama'
import { openExchange } from '../wire/exchange.ts'
import { openClient } from './client.ts'
import { ollamaHost } from './ollama-host.ts'

/** Milliseconds for a running server to answer a probe. */
const PROBE_MS = 300
const LIST_MS = 5_000

/** The facts that an Ollama server knows about a model. */
export interface ModelFacts {
  /** Tokens that the model was trained on. */
  contextTokens: number | undefined
  /** `num_ctx` of its Modelfile. */
  configuredTokens: number | undefined
  /** `completion`, `tools`, `thinking`, `vision`, `embedding`, …; undefined from servers before 0.6.4. */
  capabilities: readonly string[] | undefined
}

/** A model in a server's list. */
export interface ServedModel {
  name: string
  facts: ModelFacts
}

/** True if an Ollama server answers at this address. Takes at most 300 ms. */
export async function ollamaRuns(host: string | undefined, signal?: AbortSignal): Promise<boolean> {
  const timeout = AbortSignal.timeout(PROBE_MS)
  try {
    const response = await fetch(`${ollamaHost(host)}/api/version`, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    const body: unknown = await response.json()
    return response.ok && typeof body === 'object' && body !== null && 'version' in body
  } catch {
    // Not an error: the user did not name this server.
    signal?.throwIfAborted()
    return false
  }
}

/** Lists the server's models in its order, last changed first. Asks for the facts of each one on demand. */
export async function* servedModels(
  host: string | undefined,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<ServedModel> {
  const ask = async <T>(question: (client: Ollama) => Promise<T>): Promise<T> => {
    using exchange = openExchange({ model: 'ollama', signal, timers: { totalMs: LIST_MS }, form: 'json' })
    return await question(await openClient(ollamaHost(host), exchange.fetch))
  }
  const { models } = await ask((client) => client.list())
  for (const { name } of models) yield { name, facts: await ask((client) => readFacts(client, name)) }
}

/** The first model that can chat. Undefined if there is none: some installations have only an embedding model. */
export async function firstChatModel(
  host: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for await (const { name, facts } of servedModels(host, signal)) {
    if (facts.capabilities?.includes('completion') ?? !/embed|bge-|minilm|rerank/i.test(name)) return name
  }
  return undefined
}

/** Asks the server for a model's facts. */
export async function readFacts(client: Ollama, model: string): Promise<ModelFacts> {
  const shown: Partial<ShowResponse> = await client.show({ model })
  // The client's type is a Map, but the value is a plain object.
  const info = Object.entries(shown.model_info ?? {})
  const context: unknown = info.find(([key]) => key.endsWith('.context_length'))?.[1]
  const configured = /^num_ctx\s+(\d+)/m.exec(shown.parameters ?? '')?.[1]
  return {
    contextTokens: typeof context === 'number' ? context : undefined,
    configuredTokens: configured === undefined ? undefined : Number(configured),
    capabilities: shown.capabilities,
  }
}
