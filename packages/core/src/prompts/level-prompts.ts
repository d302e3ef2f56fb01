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
  /** Names of tools that are not available in this task. */
  missing: readonly string[]
  delegates: readonly DelegateCard[]
  imports: readonly string[]
  /** What each import is for, in a few words, as far as the definition says. */
  importPurposes: Readonly<Record<string, string>>
  routes: readonly { name: string; when: string }[]
  /** The output's JSON Schema; undefined for plain text. */
  output: JsonSchema | undefined
  /** Whether figures in the answer must be references to results. */
  references: boolean
  /** Who reads the answer, if not an agent. */
  reader?: 'person'
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
    missingSection(facts),
    readableText(facts),
    answerShape(facts),
  )
}

/** Level 3 makes calls until it calls `finalAnswer`. */
function multiStepPrompt(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    CALLS,
    missingSection(facts),
    readableText(facts),
    answerShape({ ...facts, output: undefined }),
  )
}

/** Tells levels 3 and 4 how to work. */
const CALLS = `Work in steps. In each step, call the tools that bring you further; calls that do not need each other's results go into the same step and run at the same time. Then you are shown the results.
- Use results as they are. Never guess what a tool would say.
- A call that failed tells you why: change it, or go another way. Repeat it only if its error says that it may succeed later.
- When you know the answer, call finalAnswer with it, alone in its step. Only that ends the task.`

/** Level 4 works like level 3 and calls delegates like tools. */
function multiAgentPrompt(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    CALLS,
    facts.delegates.length > 0 &&
      `Some of what you can call are agents: ${facts.delegates.map(({ name }) => functionName(name)).join(', ')}. Each knows only what you give it in \`task\` and \`inputs\`, and comes back with { status, output, error, files }. Look at status: an agent that did not complete has no finished output. Never retype what another agent needs: an input may be { "$result": "2.1" }, the result of call 2.1, or { "$file": "sales.csv" }.`,
    missingSection(facts),
    readableText(facts),
    answerShape({ ...facts, output: undefined }),
  )
}

/** Level 5 writes code. */
function codePrompt(facts: PromptFacts): string {
  return paragraphs(
    who(facts),
    `You act by writing JavaScript (TypeScript is fine). Work in steps. In each step write one or two sentences on what you do next, then code between <code> and </code>, and stop. The code runs, and you are shown what it printed, the value of its last expression, and its error if it threw. Never write an observation yourself.`,
    `- Variables and functions stay from step to step. Values of the task are variables; files are not. Look at a part of a large value, never print all of it.
- Top-level await works. Every function below is async and takes one object: await name({ field: value }). Calls that do not need each other run at the same time: await Promise.all([…]), or Promise.allSettled([…]) if some may fail.
- Print with console.log what you need to see. There are no files and no network beyond these functions.
- Compute figures in code; never work them out in your head.
- If code throws, what ran before stays. Read the error, change the code, go on.
- finalAnswer(value) ends the task at once. If the code computes the answer and nothing needs judging, call it in the same step; otherwise look at the results first.`,
    example(facts),
    `These you can call:\n${paragraphs(
      `/** Ends the task with its answer. */
declare function finalAnswer(answer: ${finalAnswerType(facts)}): never
/** Earlier observations in whole, by step: await observations[1]. */
declare const observations: Record<number, Promise<string>>
/** Waits so many milliseconds. */
declare function sleep(ms: number): Promise<void>`,
      toolSection(facts),
    )}`,
    facts.imports.length > 0
      ? `You can import these, and nothing else:\n${facts.imports.map((name) => importLine(name, facts)).join('\n')}`
      : 'There is nothing to import; the language itself is all there.',
    missingSection(facts),
    teamSection(facts),
    isReadable(facts) && READABLE_CODE,
    answerShape({ ...facts, output: undefined }),
  )
}

/** A granted import, and what it is for if the definition says so. */
function importLine(name: string, { importPurposes }: PromptFacts): string {
  const purpose = importPurposes[name]
  return `- ${name}${purpose === undefined ? '' : `: ${purpose}`}`
}

/** The functions in these examples do not exist, so that no model calls them. */
function example(facts: PromptFacts): string {
  const answer = isReadable(facts) ? `{ answer: \`They weigh \${weight} tons.\`, data: weight }` : 'weight'
  return `Two examples, with functions that exist only in them. Task: "Which of the ships in \`fleet\` is farthest from port?"

I look first, because I do not know the fields of a position.
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
</code>

Task: "What do the cargoes in \`cargoes\` weigh together?" Their fields are described, so one step is enough.

I add up the field \`tons\`.
<code>
const weight = cargoes.reduce((sum, { tons }) => sum + tons, 0)
finalAnswer(${answer})
</code>`
}

/** The first lines of every prompt: name, description and instructions. */
function who({ name, description, instructions }: PromptFacts): string {
  return paragraphs(`You are ${name}. ${description}`, instructions)
}

/** Whether level 5 answers a person. */
function isReadable({ output, reader }: PromptFacts): boolean {
  return reader !== undefined && output === undefined
}

/** The type of level 5's answer. */
function finalAnswerType(facts: PromptFacts): string {
  if (facts.output !== undefined) return printType(facts.output)
  return isReadable(facts) ? 'string | { answer: string; data?: any }' : 'any'
}

/** Tells level 5 how a person wants the answer. */
const READABLE_CODE = `A person reads your answer, and programs read its data: finalAnswer({ answer, data }), or finalAnswer(answer) if there is nothing to compute with.
- \`answer\` is Markdown in the language of the task: a sentence, a table if there are several figures, or the report that the task asks for. Your code puts in the figures, rounded: \`The mean is \${mean.toFixed(1)} mm.\`
- \`data\` is the value that the task asks for (a number, a list, an object, null), or all figures by name, at full precision.`

/** Tells levels 2 to 4 how a person wants the answer. */
const READABLE_TEXT =
  'A person reads your answer. Write it in Markdown, in the language of the task: a sentence, a table if there are several figures, or the report that the task asks for.'

function readableText({ reader, output }: PromptFacts): string {
  return reader === undefined || output !== undefined ? '' : READABLE_TEXT
}

/** Describes the required form of an answer in text. */
function answerShape({ output, references }: PromptFacts): string {
  return paragraphs(
    output && `Answer with JSON alone, no text around it, of this type:\n${printType(output)}`,
    references && REFERENCES,
  )
}

/** How to refer to results. The paths do not exist, so they begin with a name that no task has. */
const REFERENCES = `Begin with {{locale de}}, or the language tag that you write in: figures and dates take its form.
Never write a figure or a date yourself. Refer to the result that it comes from, and it is filled in for you. With results such as \`t0: { "months": [{ "name": "May", "mean": 5.125, "sum": 1234.5, "share": 0.083, "day": "2012-07-05" }] }\`:
- {{t0.months[0].mean:1}} is 5.1. {{t0.months[0].sum:,}} is 1,235 and {{t0.months[0].sum:,2}} is 1,234.50. {{t0.months[0].share:1%}} is 8.3%: it multiplies by 100.
- {{t0.months[0].day:date}} is July 5, 2012. {{t0.months[0].name}} is May. {{t0.months.length}} counts the list.
- {{table t0.months: name as Month, mean:1 as "Mean (mm)", sum:,}} is a table with a row for each item. {{table 20 of t0.months: name}} has the first 20.
A figure that stands in the task's own words may be repeated.`

/** Declares the tools, or lists their names if there are too many. */
function toolSection({ tools }: PromptFacts): string {
  if (tools.length <= MAX_DECLARED_TOOLS) return declareTools(tools)
  return `There are ${tools.length} tools: ${tools.map(({ name }) => name).join(', ')}.
Their declarations are found by:
/** Declarations of the tools that fit the words best. Only reads. */
declare function searchTools(input: { words: string }): Promise<string>`
}

/** Names the tools that the agent's instructions may mention although it cannot call them now. */
function missingSection({ missing }: PromptFacts): string {
  return missing.length === 0
    ? ''
    : `Not available in this task, because no process hosts ${missing.length === 1 ? 'it' : 'them'}: ${missing.join(', ')}. Do what you can without, and say in the answer what is missing because of it.`
}

/** Declares the delegates. Empty if the agent has none. */
function teamSection({ delegates }: PromptFacts): string {
  return delegates.length === 0
    ? ''
    : `You may start these agents. Each knows only what you give it, and works on its own until it is done. Look at \`status\` before you use \`output\`. An input may be a file: { $file: 'sales.csv' }.\n${RESULT_TYPE}\n${declareDelegates(delegates)}`
}

/** Joins the parts that are not empty, with a blank line between them. */
function paragraphs(...parts: (string | false | undefined)[]): string {
  return parts.filter((part) => part && part.trim() !== '').join('\n\n')
}
