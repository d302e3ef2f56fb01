import { z } from 'zod'

/** A token of a subject on the bus. Agent, run, task and tool names match it. */
export const TOKEN = /^[A-Za-z0-9_-]{1,63}$/

/** A run id, task id or agent name: 1 to 63 letters, digits, `_` or `-`. */
export const tokenSchema = z.lazy(() =>
  z.string().regex(TOKEN, 'expected 1 to 63 letters, digits, "_" or "-"'),
)

/** The name of a function in guest code: a JavaScript identifier of 1 to 63 characters. */
export const functionNameSchema = z.lazy(() =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'expected a JavaScript identifier of at most 63 characters'),
)

/** An agent's name as a function of code and JSON calls: `web-search` becomes `web_search`. */
export function functionName(agent: string): string {
  return agent.replaceAll('-', '_').replace(/^(?=\d)/, '_')
}
