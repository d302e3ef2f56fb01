import { parseText, readJson } from '@bailiwick/reply-parser'
import type { StepState } from '@bailiwick/task-journal'
import { type Acted, mistake, type TaskRun } from '../loop/task-run.ts'
import { wrongRoute } from '../prompts/feedback.ts'
import { callAll, callOnce } from './act-calls.ts'

/** Level 1: the reply names a route, and the host runs it. After the repairs the default route is taken. */
export async function actRoute(run: TaskRun, step: StepState, last: boolean): Promise<Acted> {
  const { routes = {}, defaultRoute } = run.options.definition
  const { reply } = step
  if (reply === undefined) return mistake('there was no reply')
  const refused =
    reply.calls.length > 0
      ? await callAll(
          run,
          step,
          reply.calls.map(({ name, arguments: args }) => ({ name, args })),
        )
      : undefined
  const { text } = parseText(reply)
  const named = refused ? undefined : namedRoute(text, Object.keys(routes))
  const route = named ?? (last ? defaultRoute : undefined)
  if (route === undefined) return refused ?? mistake(wrongRoute(text, Object.keys(routes)))
  const call = {
    id: `${step.step}.${reply.calls.length + 1}`,
    name: route,
    args: { text: run.state.spec.text },
  }
  const outcome = await callOnce(run, step, call)
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
