import { z } from 'zod'
import { budgetSchema } from './budget.ts'
import type { JsonSchema } from './json.ts'
import { levelSchema } from './level.ts'
import { tokenSchema } from './name.ts'
import { toolCardSchema } from './tool.ts'

/** Which calls need a person's approval. `risky` calls are those of effect `once`. */
export const approvalSchema = z.lazy(() => z.enum(['never', 'risky', 'always']))
export type Approval = z.infer<typeof approvalSchema>

/** The description of a delegate for its parent. */
export const delegateCardSchema = z.lazy(() =>
  z.object({
    name: tokenSchema,
    description: z.string(),
    level: levelSchema,
    /** JSON Schema of its result, if it declares one. */
    output: z.custom<JsonSchema>().optional(),
  }),
)
export type DelegateCard = z.infer<typeof delegateCardSchema>

/**
 * Everything that an agent may use for one task: the intersection of the definition, the operator's ceiling, the task
 * and the grant that the parent may pass on. The creator of the task resolves it and journals it in the first record.
 */
export const grantSchema = z.lazy(() =>
  z.object({
    level: levelSchema,
    tools: z.array(toolCardSchema),
    /** Names of tools that the agent asks for and that no process hosted when the task was created. */
    missing: z.array(tokenSchema).exactOptional(),
    delegates: z.array(delegateCardSchema),
    /** Names of other tools and agents, which this task may not use, so that an error can say so. */
    others: z.object({ tools: z.array(z.string()), agents: z.array(z.string()) }).exactOptional(),
    /** Package patterns that code may import: `arquero`, `lodash-es/*`, `*`. */
    imports: z.array(z.string()),
    budget: budgetSchema,
    approval: approvalSchema,
  }),
)
export type Grant = z.infer<typeof grantSchema>
