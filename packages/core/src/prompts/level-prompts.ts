import {
  type DelegateCard,
  functionName,
  type JsonSchema,
  type Level,
  MAX_DECLARED_TOOLS,
  type ToolCard,
} from '@bailiwick/contract'
import { declareDelegates, declareTools, RESULT_TYPE } from './declarations.ts'
import { printType } from './print-type.ts'

/** Everything that a level's prompt may mention. It stays the same during a task. */
export interface PromptFacts {
  name: string
  description: string
  instructions: string
  tools: readonly ToolCard[]
  delegates: readonly DelegateCard[]
  imports: readonly string[]
  routes: readonly { name: string; when: string }[]
  /** The output's JSON Schema; undefined for plain text. */
  output: JsonSchema | undefined
  /** Whether figures in the answer must be references to results. */
  references: boolean
}

/** Renders the system prompt of one level. */
export type LevelPrompt = (facts: PromptFacts) => string

/** The system prompt of each level. */
export const LEVEL_PROMPTS: Readonly<Record<Level, LevelPrompt>> = {
  0: processorPrompt,
  1: routerPrompt,
  2: toolCallerPrompt,
  3: multiStepPrompt,
  4: multiAgentPrompt,
  5: codePrompt,
}

/** Level 0 answers in one reply. */
function processorPrompt(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    'You are given a task. Your reply is the answer, whole: you cannot look anything up, and nobody will ask back.',
    answerShape(facts),
  )
}

/** Level 1 names one of the routes. */
function routerPrompt(facts: PromptFacts): string {
  const routes = facts.routes.map(({ name, when }) => `- ${name}: ${when}`).join('\n')
  return paragraphs(
    who(facts),
    `You do not do the task yourself. Choose the one route that fits it:\n${routes}`,
    'Answer with JSON alone: {"route": "name"}',
  )
}

/** Level 2 makes one round of calls, then answers. The request declares the tools natively. */
function toolCallerPrompt(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    `You may call tools once: make every call you need in your first reply; they run at the same time. Then you are shown the results and write the answer. There is no second round.
If no tool is needed, answer at once.`,
    answerShape(facts),
  )
}

/** Level 3 makes calls until it calls `finalAnswer`. */
function multiStepPrompt(facts: PromptFacts): string {
  return paragraphs(who(facts), CALLS, answerShape({ ...facts, output: undefined }))
}

/** Tells levels 3 and 4 how to work. */
const CALLS = `Work in steps. In each step, call the tools that bring you further; calls that do not need each other's results go into the same step and run at the same time. Then you are shown the results.
- Use results as they are. Never guess what a tool would say.
- A call that failed tells you why: change it, or go another way. The same call again gives the same result.
- When you know the answer, call finalAnswer with it, alone in its step. Only that ends the task.`

/** Level 4 works like level 3 and calls delegates like tools. */
function multiAgentPrompt(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    CALLS,
    facts.delegates.length > 0 &&
      `Some of what you can call are agents: ${facts.delegates.map(({ name }) => functionName(name)).join(', ')}. Each knows only what you give it in \`task\` and \`inputs\`, and comes back with { status, output, error, usage }. Look at status: an agent that did not complete has no finished output.`,
    answerShape({ ...facts, output: undefined }),
  )
}

/** Level 5 writes code. */
function codePrompt(facts: PromptFacts): string {
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

/** The functions in this example do not exist, so that no model calls them. */
const EXAMPLE = `An example, with functions that exist only in it. Task: "Which of the ships in \`fleet\` is farthest from port?"

I look up all positions at once and see what they look like.
<code>
const positions = await Promise.all(fleet.map((ship) => shipPosition({ ship })))
console.log(positions.slice(0, 2))
</code>

Observation:
Printed:
<data>[{ ship: 'Ada', nautical: 12.5 }, { ship: 'Bo', nautical: 90.1 }]</data>

The field is \`nautical\`. I take the largest.
<code>
const farthest = positions.reduce((most, next) => (next.nautical > most.nautical ? next : most))
finalAnswer(farthest.ship)
</code>`

/** The first lines of every prompt: name, description and instructions. */
function who({ name, description, instructions }: PromptFacts): string {
  return paragraphs(`You are ${name}. ${description}`, instructions)
}

/** Describes the required form of an answer in text. */
function answerShape({ output, references }: PromptFacts): string {
  return paragraphs(
    output && `Answer with JSON alone, no text around it, of this type:\n${printType(output)}`,
    references &&
      `Never write a figure or a date yourself. Refer to the result it comes from and it is filled in for you:
{{task.output.path}} gives the value, {{task.output.path:1}} rounds it to 1 decimal place, {{task.output.rows[0].name}} reaches into lists.
The results you were given, with their paths, are listed in the task. A figure that stands in the task's own words may be repeated.`,
  )
}

/** Declares the tools, or lists their names if there are too many. */
function toolSection({ tools }: PromptFacts): string {
  if (tools.length <= MAX_DECLARED_TOOLS) return declareTools(tools)
  return `There are ${tools.length} tools: ${tools.map(({ name }) => name).join(', ')}.
Their declarations are found by:
/** Declarations of the tools that fit the words best. Only reads. */
declare function searchTools(input: { words: string }): Promise<string>`
}

/** Declares the delegates. Empty if the agent has none. */
function teamSection({ delegates }: PromptFacts): string {
  return delegates.length === 0
    ? ''
    : `You may start these agents. Each knows only what you give it, and works on its own until it is done. Look at \`status\` before you use \`output\`.\n${RESULT_TYPE}\n${declareDelegates(delegates)}`
}

/** Joins the parts that are not empty, with a blank line between them. */
function paragraphs(...parts: (string | false | undefined)[]): string {
  return parts.filter((part) => part && part.trim() !== '').join('\n\n')
}
