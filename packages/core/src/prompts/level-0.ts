import { answerShape, paragraphs, who } from './parts.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Processor: one reply. */
export function level0(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    'You are given a task. Your reply is the answer, whole: you cannot look anything up, and nobody will ask back.',
    answerShape(facts),
  )
}
