import { z } from 'zod'

/** What core depends on, and no agent: what the bench itself costs. The one tool's schema is made, as everywhere. */
export async function prepare(): Promise<() => Promise<unknown>> {
  const numbers = z.object({ a: z.number(), b: z.number() })
  return async () => numbers.parse({ a: 1, b: 2 }).b + 1
}
