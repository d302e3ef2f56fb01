import { type ModelReply, readJson } from '@bailiwick/contract'
import { type Acted, mistake, type TaskRun } from '../attempt/attempt.ts'
import type { StepState } from '../journal/task-state.ts'
import { callId } from '../memory/to-messages.ts'
import { wrongRoute } from '../prompts/feedback.ts'
import { nativeCalls, parseText } from '../reply/parse-reply.ts'
import { callAll, callOnce } from './make-calls.ts'

/** Level 1: the reply names a route, and the host runs it. After the repairs the default route is taken. */
export async function actRoute(
  run: TaskRun,
  step: StepState,
  reply: ModelReply,
  last: boolean,
): Promise<Acted> {
  const { routes = {}, defaultRoute } = run.options.definition
  const refused = reply.calls.length > 0 ? await callAll(run, step, nativeCalls(reply)) : undefined
  const { text } = parseText(reply)
  const named = refused ? undefined : namedRoute(text, Object.keys(routes))
  const route = named ?? (last ? defaultRoute : undefined)
  if (route === undefined) return refused ?? mistake(wrongRoute(text, Object.keys(routes)))
  const id = callId(step.step, reply.calls.length)
  const outcome = await callOnce(run, step, { id, name: route, args: { text: run.state.spec.text } })
  if (!outcome.ok) throw new Error(`route ${route} failed: ${outcome.message}`)
  return { status: 'ok', text: `Route: ${route}`, final: { value: outcome.value } }
}

/** `{"route": "name"}`, the name alone, or a name that is the only one mentioned. */
function namedRoute(text: string, routes: readonly string[]): string | undefined {
  const value = readJson(text)
  const said = typeof value === 'string' ? value : (value as { route?: unknown } | undefined)?.route
  if (typeof said === 'string') return routes.find((route) => route === said.trim())
  const words = new Set(text.match(/[\w-]+/g) ?? [])
  const mentioned = routes.filter((route) => words.has(route))
  return mentioned.length === 1 ? mentioned[0] : undefined
}
