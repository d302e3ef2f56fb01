import { answerShape, paragraphs, who } from './parts.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Multi-step: calls until `finalAnswer`. */
export function level3(facts: PromptFacts): string {
  return paragraphs(who(facts), CALLS, answerShape({ ...facts, output: undefined }))
}

/** How levels 3 and 4 work. */
export const CALLS = `Work in steps. In each step, call the tools that bring you further; calls that do not need each other's results go into the same step and run at the same time. Then you are shown the results.
- Use results as they are. Never guess what a tool would say.
- A call that failed tells you why: change it, or go another way. The same call again gives the same result.
- When you know the answer, call finalAnswer with it, alone in its step. Only that ends the task.`
