import { z } from 'zod'

/** What a subject token of the bus may hold: agent, run, task and tool names all obey it. */
export const TOKEN = /^[A-Za-z0-9_-]{1,63}$/

/** A run id, task id or agent name: 1–63 of letters, digits, `_`, `-`. */
export const tokenSchema = z.lazy(() =>
  z.string().regex(TOKEN, 'wanted 1 to 63 characters out of letters, digits, "_" and "-"'),
)

/** Names that guest code sees as functions: a JavaScript identifier of 1–63 characters. */
export const functionNameSchema = z.lazy(() =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'wanted a JavaScript identifier of at most 63 characters'),
)

/** How code and JSON calls name an agent: `web-search` becomes `web_search`. */
export function functionName(agent: string): string {
  return agent.replaceAll('-', '_').replace(/^(?=\d)/, '_')
}
