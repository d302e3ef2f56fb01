import { decodeValue, EncodedText, type ModelReply, readJson } from '@bailiwick/contract'
import type { Attempt } from '../attempt/attempt.ts'
import type { StepState } from '../journal/task-world.ts'
import { callId } from '../memory/to-messages.ts'
import { wrongRoute } from '../prompts/feedback.ts'
import { asFrame } from '../prompts/framed-text.ts'
import { nativeCalls, parseText } from '../reply/parse-reply.ts'
import { type ActionResult, mistake } from './action-result.ts'
import { callAll, callOnce } from './make-calls.ts'

/**
 * Level 1: follows the route that the reply names.
 *
 * @param last no repair is left, so a reply without a valid route leads to the default route
 */
export async function followRoute(
  attempt: Attempt,
  step: StepState,
  reply: ModelReply,
  last: boolean,
): Promise<ActionResult> {
  const { routes = {}, defaultRoute } = attempt.options.definition
  const refused = reply.calls.length > 0 ? await callAll(attempt, step, nativeCalls(reply)) : undefined
  const { text } = parseText(reply)
  const named = refused ? undefined : namedRoute(text, Object.keys(routes))
  const route = named ?? (last ? defaultRoute : undefined)
  if (route === undefined) return refused ?? mistake(wrongRoute(text, Object.keys(routes)))
  const id = callId(step.step, reply.calls.length)
  const outcome = await callOnce(attempt, step, { id, name: route, args: { text: attempt.state.spec.text } })
  if (!outcome.ok) throw new Error(`route ${route} failed: ${outcome.message}`)
  return { status: 'ok', observation: asFrame(`Route: ${route}`), final: { value: decoded(outcome.value) } }
}

function decoded(value: unknown): unknown {
  return value instanceof EncodedText ? decodeValue(value.text) : value
}

/** Accepts `{"route": "name"}`, the name alone, or a text that mentions exactly one route. */
function namedRoute(text: string, routes: readonly string[]): string | undefined {
  const value = readJson(text)
  const said = typeof value === 'string' ? value : (value as { route?: unknown } | undefined)?.route
  if (typeof said === 'string') return routes.find((route) => route === said.trim())
  const words = new Set(text.match(/[\w-]+/g) ?? [])
  const mentioned = routes.filter((route) => words.has(route))
  return mentioned.length === 1 ? mentioned[0] : undefined
}
