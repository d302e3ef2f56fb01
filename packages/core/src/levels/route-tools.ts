import type { AgentDefinition, Route, Tool } from '@bailiwick/contract'

/** What a route to an agent ends its task with: whoever gave the task out dispatches it again. */
export interface RoutedTask {
  route: string
  agent: string
}

/**
 * The routes of a level-1 agent as tools that the host (never the model) calls through the gate, each
 * with `{ text }`. A route is effect `once` unless it leads to a tool that says otherwise.
 */
export function routeTools({ routes = {} }: AgentDefinition): Tool[] {
  return Object.entries(routes).map(([name, { when, to }]) => ({
    name,
    description: when,
    input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    effect: typeof to === 'function' ? 'once' : 'run' in to ? to.effect : 'none',
    run: async (input, context) => follow(name, to, String((input as { text: unknown }).text), context),
  }))
}

function follow(
  route: string,
  to: Route['to'],
  text: string,
  context: Parameters<Tool['run']>[1],
): unknown | Promise<unknown> {
  if (typeof to === 'function') return to(text)
  if ('run' in to) return to.run(textInput(to, text), context)
  if ('agent' in to) return { route, agent: to.agent } satisfies RoutedTask
  return to.answer
}

/** The task's text under the name of the tool's one required field. */
function textInput(tool: Tool, text: string): Record<string, string> {
  const { required, properties } = tool.input as { required?: string[]; properties?: object }
  return { [required?.[0] ?? Object.keys(properties ?? {})[0] ?? 'text']: text }
}
