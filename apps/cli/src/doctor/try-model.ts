import { hasCode } from '@bailiwick/contract'
import { type ResolveOptions, resolveModel } from '@bailiwick/models'

/** A model may have to be loaded first, milliseconds. */
const PATIENCE_MS = 60_000
/** Nobody serves these: a call would be a person's, a script's or a program's. */
const NOT_SERVED = /^(human$|scripted:|command:)/

/**
 * Asks a served model for one token.
 *
 * @returns how long that took, for people
 * @throws ModelError where it does not answer
 */
export async function tryModel(
  name: string,
  options: ResolveOptions & { signal: AbortSignal },
): Promise<string> {
  if (NOT_SERVED.test(name)) return ''
  const model = await resolveModel(name, options)
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(PATIENCE_MS)])
  const began = performance.now()
  const messages = [{ role: 'user' as const, content: 'Reply with the word: ok' }]
  const request = { messages, purpose: 'act' as const, lane: { agent: 'doctor', task: 'try', step: 1 } }
  try {
    for await (const event of model.generate({ ...request, maxOutputTokens: 1 }, { signal })) {
      if (event.type === 'reply') break
    }
  } catch (error) {
    // One token may be spent on thinking: the model has answered all the same.
    if (!hasCode(error, 'model-empty')) throw error
  }
  return `, answers in ${Math.round(performance.now() - began)} ms`
}
