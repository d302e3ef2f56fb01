import { paragraphs, who } from './parts.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Router: one of the routes. */
export function level1(facts: PromptFacts): string {
  const routes = facts.routes.map(({ name, when }) => `- ${name}: ${when}`).join('\n')
  return paragraphs(
    who(facts),
    `You do not do the task yourself. Choose the one route that fits it:\n${routes}`,
    'Answer with JSON alone: {"route": "name"}',
  )
}
