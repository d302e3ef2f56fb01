import { functionName } from '@bailiwick/contract'
import { CALLS } from './level-3.ts'
import { answerShape, paragraphs, who } from './parts.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Multi-agent: as level 3, and delegates are called like tools. */
export function level4(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    CALLS,
    facts.delegates.length > 0 &&
      `Some of what you can call are agents: ${facts.delegates.map(({ name }) => functionName(name)).join(', ')}. Each knows only what you give it in \`task\` and \`inputs\`, and comes back with { status, output, error, usage }. Look at status: an agent that did not complete has no finished output.`,
    answerShape({ ...facts, output: undefined }),
  )
}
