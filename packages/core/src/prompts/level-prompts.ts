import { answerShape, paragraphs, teamSection, toolSection, who } from './parts.ts'
import { printType } from './print-type.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Code agent. The worked example uses tools that no agent has, so that nobody calls them. */
export function level5(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    `You act by writing JavaScript (TypeScript is fine). Work in steps. In each step write one or two sentences on what you do next, then code between <code> and </code>, and stop. The code runs, and you are shown what it printed, the value of its last expression, and its error if it threw. Never write an observation yourself.`,
    `- Variables and functions stay from step to step. Inputs of the task are variables; look at a part of a large one, never print all of it.
- Top-level await works. Every function below is async and takes one object: await name({ field: value }). Calls that do not need each other run at the same time: await Promise.all([…]).
- Print with console.log what you need to see. There are no files and no network beyond these functions.
- Compute figures in code; never work them out in your head.
- If code throws, what ran before stays. Read the error, change the code, go on.
- When you know the answer, call finalAnswer(value). It ends the task at once, so look at results first.`,
    EXAMPLE,
    `These you can call:\n${paragraphs(
      `/** Ends the task with its answer. */
declare function finalAnswer(answer: ${facts.output ? printType(facts.output) : 'any'}): never
/** Earlier observations in whole, by step: await observations[1]. */
declare const observations: Record<number, Promise<string>>
/** Waits so many milliseconds. */
declare function sleep(ms: number): Promise<void>`,
      toolSection(facts),
    )}`,
    facts.imports.length > 0
      ? `You can import: ${facts.imports.join(', ')}. Nothing else.`
      : 'There is nothing to import; the language itself is all there.',
    teamSection(facts),
    answerShape({ ...facts, output: undefined }),
  )
}

const EXAMPLE = `An example, with functions that exist only in it. Task: "Which of the ships in \`fleet\` is farthest from port?"

I look up all positions at once and see what they look like.
<code>
const positions = await Promise.all(fleet.map((ship) => shipPosition({ ship })))
console.log(positions.slice(0, 2))
</code>

Observation:
Printed:
[{ ship: 'Ada', nautical: 12.5 }, { ship: 'Bo', nautical: 90.1 }]

The field is \`nautical\`. I take the largest.
<code>
const farthest = positions.reduce((most, next) => (next.nautical > most.nautical ? next : most))
finalAnswer(farthest.ship)
</code>`
