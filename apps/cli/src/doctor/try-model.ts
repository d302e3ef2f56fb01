import { hasCode } from '@bailiwick/contract'
import { type ResolveOptions, resolveModel } from '@bailiwick/models'

/** A server may have to load the model first. */
const MAX_WAIT_MS = 60_000
/** A person, a script or a program answers for these models. Do not disturb them. */
const NOT_SERVED = /^(human$|scripted:|command:)/

/**
 * Asks a model server for one token.
 *
 * @returns how long it took, for people; empty for models without a server
 * @throws ModelError if it does not answer
 */
export async function tryModel(
  name: string,
  options: ResolveOptions & { signal: AbortSignal },
): Promise<string> {
  if (NOT_SERVED.test(name)) return ''
  const model = await resolveModel(name, options)
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(MAX_WAIT_MS)])
  const began = performance.now()
  const messages = [{ role: 'user' as const, content: 'Reply with the word: ok' }]
  const request = { messages, purpose: 'act' as const, lane: { agent: 'doctor', task: 'try', step: 1 } }
  try {
    const deadline = Date.now() + MAX_WAIT_MS
    for await (const event of model.generate({ ...request, maxOutputTokens: 1 }, { signal, deadline })) {
      if (event.type === 'reply') break
    }
  } catch (error) {
    // The model may spend its one token on thinking. It answered all the same.
    if (!hasCode(error, 'model-empty')) throw error
  }
  return `, answers in ${Math.round(performance.now() - began)} ms`
}
