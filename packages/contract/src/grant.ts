import { z } from 'zod'
import { budgetSchema } from './budget.ts'
import type { JsonSchema } from './json.ts'
import { levelSchema } from './level.ts'
import { tokenSchema } from './name.ts'
import { toolCardSchema } from './tool.ts'

/** When a call needs a person's yes: `risky` is every call of effect `once`. */
export const approvalSchema = z.lazy(() => z.enum(['never', 'risky', 'always']))
export type Approval = z.infer<typeof approvalSchema>

/** A delegate as its parent sees it. */
export const delegateCardSchema = z.lazy(() =>
  z.object({
    name: tokenSchema,
    description: z.string(),
    level: levelSchema,
    /** JSON Schema of its result, where it declares one. */
    output: z.custom<JsonSchema>().optional(),
  }),
)
export type DelegateCard = z.infer<typeof delegateCardSchema>

/**
 * What an agent may use on one task: definition ∩ operator's ceiling ∩ task ∩ parent's delegable
 * grant, resolved by whoever creates the task and journaled in its first record.
 */
export const grantSchema = z.lazy(() =>
  z.object({
    level: levelSchema,
    tools: z.array(toolCardSchema),
    delegates: z.array(delegateCardSchema),
    /** Package patterns that code may import: `arquero`, `lodash-es/*`, `*`. */
    imports: z.array(z.string()),
    budget: budgetSchema,
    approval: approvalSchema,
  }),
)
export type Grant = z.infer<typeof grantSchema>
