import { openExchange } from '../wire/exchange.ts'
import { factsOf, type ModelFacts } from './model-facts.ts'
import { ollamaHost } from './ollama-host.ts'
import { openClient } from './open-client.ts'

/** How long a server that runs may take to say so. */
const PROBE_MS = 300
const LIST_MS = 5_000

/** A model that an Ollama server has. */
export interface InstalledModel {
  name: string
  bytes: number
  facts: ModelFacts
}

/** Whether an Ollama server runs there. Answers within 300 ms. */
export async function ollamaRuns(host: string | undefined, signal?: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(PROBE_MS)
  try {
    const response = await fetch(`${ollamaHost(host)}/api/version`, {
      signal: signal ? AbortSignal.any([signal, late]) : late,
    })
    const body: unknown = await response.json()
    return response.ok && typeof body === 'object' && body !== null && 'version' in body
  } catch {
    // Not running, not Ollama, or too slow to be used: nobody asked for it by name.
    signal?.throwIfAborted()
    return false
  }
}

/** The server's models, last changed first, as it lists them. Facts are asked for one by one, on demand. */
export async function* installedModels(
  host: string | undefined,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<InstalledModel> {
  const ask = async <T>(
    question: (client: Awaited<ReturnType<typeof openClient>>) => Promise<T>,
  ): Promise<T> => {
    using exchange = openExchange({ model: 'ollama', signal, timers: { totalMs: LIST_MS }, form: 'json' })
    return await question(await openClient(ollamaHost(host), exchange.fetch))
  }
  const { models } = await ask((client) => client.list())
  for (const model of models) {
    const facts = factsOf(await ask((client) => client.show({ model: model.name })))
    yield { name: model.name, bytes: model.size, facts }
  }
}

/** The first model that can chat, or `undefined`: a fresh installation may hold an embedding model alone. */
export async function firstChatModel(
  host: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for await (const { name, facts } of installedModels(host, signal)) {
    if (facts.capabilities?.includes('completion') ?? !/embed|bge-|minilm|rerank/i.test(name)) return name
  }
  return undefined
}
