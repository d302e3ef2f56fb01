import { answerShape, paragraphs, who } from './parts.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Tool caller: one round of calls, then the answer. The calls themselves are offered natively. */
export function level2(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    `You may call tools once: make every call you need in your first reply; they run at the same time. Then you are shown the results and write the answer. There is no second round.
If no tool is needed, answer at once.`,
    answerShape(facts),
  )
}
