import type { AgentDefinition } from '../contract/agent.ts'
import type { Grant } from '../contract/grant.ts'
import type { JsonSchema } from '../contract/json.ts'
import { levelRow } from '../levels/level-table.ts'
import { declareDelegates, declareTools, typeOf } from './declarations.ts'

export interface PromptParts {
  definition: AgentDefinition
  instructions: string | undefined
  grant: Grant
  output: JsonSchema | undefined
}

/** The system prompt of a level. Nothing in it counts or tells the time: it is the same at every step. */
export function systemPrompt(parts: PromptParts): string {
  const { definition, instructions, grant } = parts
  const acts = levelRow(grant.level).acts
  const body = { answer: answerPrompt, route: routePrompt, calls: callsPrompt, code: codePrompt }[acts](parts)
  return [
    `You are ${definition.name}. ${definition.description}`,
    body,
    definition.references ? REFERENCES : '',
    instructions ?? '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const REFERENCES = `Every figure and every date in your answer is a reference that is filled in for you: write {{t1.output.mean}}
for the value at that path of the results, {{t1.output.mean:1}} to round it to one digit. Never type a digit yourself.`

function answerPrompt({ output }: PromptParts): string {
  return output === undefined ? 'Answer the task directly.' : jsonOnly(output)
}

function jsonOnly(output: JsonSchema): string {
  return `Answer with JSON only, of this type:\n${typeOf(output)}`
}

function routePrompt({ definition }: PromptParts): string {
  const routes = Object.entries(definition.routes ?? {}).map(([name, { when }]) => `- ${name}: ${when}`)
  return `Choose the one route that fits the task. Answer with its name only.\n\n${routes.join('\n')}`
}

function callsPrompt({ grant, output }: PromptParts): string {
  const result = output === undefined ? '' : ` The answer has this type: ${typeOf(output)}`
  if (levelRow(grant.level).rounds === 1) {
    return `You may call tools once: make all the calls you need in one reply, at the same time. After their results, answer.${result}`
  }
  return `Call tools as often as you need to, several in one reply where they do not depend on each other. When you are done, call finalAnswer alone.${result}`
}

function codePrompt({ grant, output }: PromptParts): string {
  const tools = [declareTools(grant.tools), declareDelegates(grant.delegates)]
    .filter((text) => text !== '')
    .join('\n\n')
  const imports =
    grant.imports.length === 0
      ? 'There is nothing to import.'
      : `You may import: ${grant.imports.join(', ')}.`
  return `You solve the task by writing JavaScript that is run for you, step by step. Each reply is one short thought and one block:

<code>
const rows = await listThings({ kind: 'example' })
console.log(rows.length)
rows[0]
</code>

Then you are shown an observation: what was printed, and the value of the last expression. Stop after </code>; never write an observation yourself.

Rules:
- Variables, functions and imports stay from step to step. Do not declare a const again.
- Functions take one object and return a promise: await them, in parallel with Promise.all where they do not depend on each other.
- Look at data before you use it. Print little: samples and counts, not whole tables.
- When you have the answer, call finalAnswer(value) in code. Nothing after it runs.
- There are no files, no network and no process. ${imports}

<code>
${tools === '' ? '' : `${tools}\n\n`}/** Ends the task with this answer. */
declare function finalAnswer(answer: ${output === undefined ? 'unknown' : typeOf(output)}): never
/** Waits so many milliseconds. */
declare function sleep(ms: number): Promise<void>
</code>`
}
