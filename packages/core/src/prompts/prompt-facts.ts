import type { DelegateCard, JsonSchema, ToolCard } from '@bailiwick/contract'

/** Everything a level's prompt may speak of. Nothing of it changes from step to step. */
export interface PromptFacts {
  name: string
  description: string
  instructions: string
  tools: readonly ToolCard[]
  delegates: readonly DelegateCard[]
  imports: readonly string[]
  routes: readonly { name: string; when: string }[]
  /** The output's JSON Schema, where it is not plain text. */
  output: JsonSchema | undefined
  /** Figures must be references to results. */
  references: boolean
}
