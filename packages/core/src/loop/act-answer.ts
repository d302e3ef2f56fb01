import type { RouteTarget } from '../contract/agent.ts'
import type { ModelReply } from '../contract/model.ts'
import { unknownName } from '../gate/nearest-name.ts'
import { stripThinking } from '../parse/strip-thinking.ts'
import type { Acted, TaskRun } from './task-run.ts'

/** Level 0: the reply is the answer. */
export async function actAnswer(run: TaskRun, reply: ModelReply): Promise<Acted> {
  const text = stripThinking(reply.text)
  if (text === '') return { status: 'error', text: 'The reply was empty. Write the answer itself.' }
  if (reply.finish === 'length')
    return { status: 'error', text: 'The reply was cut at its length limit. Answer again, shorter.' }
  return {
    status: 'ok',
    text: '',
    final: { value: run.options.definition.references === true ? unfence(text) : text },
  }
}

/** Models like to wrap a whole Markdown answer in a fence. */
function unfence(text: string): string {
  return /^```(?:markdown|md)?\s*\n([\s\S]*)\n```$/.exec(text)?.[1] ?? text
}

/** Level 1: the reply names a route, and the host runs it. */
export async function actRoute(run: TaskRun, step: number, reply: ModelReply): Promise<Acted> {
  const { routes = {}, defaultRoute } = run.options.definition
  const named = stripThinking(reply.text).replaceAll(/["'`.*\s]/g, '')
  const chosen = Object.hasOwn(routes, named) ? named : step >= 4 ? defaultRoute : undefined
  const route = chosen === undefined ? undefined : routes[chosen]
  if (route === undefined) {
    return {
      status: 'error',
      text: `${unknownName('route', named.slice(0, 60), Object.keys(routes))}. Answer with one name only.`,
    }
  }
  return { status: 'ok', text: `Route: ${chosen}`, final: { value: await follow(run, step, route.to) } }
}

async function follow(run: TaskRun, step: number, target: RouteTarget): Promise<unknown> {
  const { text } = run.state.spec
  if (typeof target === 'function') return target(text)
  if ('answer' in target) return target.answer
  if ('agent' in target) return { route: { agent: target.agent } }
  const { run: id, task, agent } = run.state.spec
  const context = {
    id: `${step}.1`,
    key: `${task}/${step}.1`,
    caller: agent,
    run: id,
    task,
    signal: run.signal,
  }
  return target.run({ text }, context)
}
