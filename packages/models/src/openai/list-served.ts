import { ModelError } from '@bailiwick/contract'
import type { OpenAI } from 'openai'
import { isModelError } from '../is-model-error.ts'
import { causeOf } from '../wire/cause-of.ts'
import { openExchange } from '../wire/exchange.ts'
import { openClient } from './client.ts'
import { PRESETS } from './presets.ts'
import { readServed, type ServedModel } from './served-models.ts'
import { toModelError } from './to-model-error.ts'

const LIST_MS = 5_000

/** Chosen first where an account has hundreds: able enough for agents, cheap enough to be chosen unasked. */
const PREFERRED = ['gpt-5-mini', 'gpt-5', 'gpt-4.1-mini', 'gpt-4o-mini']

/** A server's chat models, in its order. @throws ModelError when it does not answer. */
export async function servedModels(
  provider: string,
  address: { baseURL: string; apiKey?: string | undefined },
  signal: AbortSignal = new AbortController().signal,
): Promise<ServedModel[]> {
  const ask = async <T>(question: (client: OpenAI) => Promise<T>): Promise<T> => {
    using exchange = openExchange({ model: provider, signal, timers: { totalMs: LIST_MS }, form: 'json' })
    try {
      return await question(await openClient(address, exchange.fetch))
    } catch (error) {
      throw causeOf(exchange, error, toModelError)
    }
  }
  const { data } = await ask((client) => client.models.list())
  const { factsPath } = PRESETS[provider] ?? {}
  const facts =
    factsPath && (await ask((client) => client.get(factsUrl(address.baseURL, factsPath))).catch(ignored))
  signal.throwIfAborted()
  return (data ?? []).flatMap((listed) => readServed(listed, facts) ?? [])
}

/** The server's own API stands beside the compatible one. */
function factsUrl(baseURL: string, path: string): string {
  return baseURL.replace(/\/v1$/, '') + path
}

/** Older versions have no such path; what is not told is unknown. */
function ignored(error: unknown): undefined {
  if (!isModelError(error)) throw error
}

/** The model to use where a server is known and no model was named. */
export async function firstServedModel(
  provider: string,
  address: { baseURL: string; apiKey?: string | undefined },
  signal?: AbortSignal,
): Promise<string> {
  const served = (await servedModels(provider, address, signal)).map(({ name: id }) => id)
  const name = PREFERRED.find((preferred) => served.includes(preferred)) ?? served[0]
  if (name !== undefined) return name
  throw new ModelError(
    'model-unknown',
    `${provider} at ${address.baseURL} serves no chat model: name one in BAILIWICK_MODEL.`,
  )
}
