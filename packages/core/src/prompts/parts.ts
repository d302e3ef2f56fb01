import { TOOLS_DECLARED } from '@bailiwick/contract'
import { declareDelegates, declareTools, RESULT_TYPE } from './declarations.ts'
import { printType } from './print-type.ts'
import type { PromptFacts } from './prompt-facts.ts'

/** Who the agent is: the first lines of every prompt. */
export function who({ name, description, instructions }: PromptFacts): string {
  return paragraphs(`You are ${name}. ${description}`, instructions)
}

/** What an answer in words must look like. */
export function answerShape({ output, references }: PromptFacts): string {
  return paragraphs(
    output && `Answer with JSON alone, no text around it, of this type:\n${printType(output)}`,
    references &&
      `Never write a figure or a date yourself. Refer to the result it comes from and it is filled in for you:
{{task.output.path}} gives the value, {{task.output.path:1}} rounds it to 1 decimal place, {{task.output.rows[0].name}} reaches into lists.
The results you were given, with their paths, are listed in the task. A figure that stands in the task's own words may be repeated.`,
  )
}

/** Tools as declarations; when there are very many, their names. */
export function toolSection({ tools }: PromptFacts): string {
  if (tools.length <= TOOLS_DECLARED) return declareTools(tools)
  return `There are ${tools.length} tools: ${tools.map(({ name }) => name).join(', ')}.
Their declarations are found by:
/** Declarations of the tools that fit the words best. Only reads. */
declare function searchTools(input: { words: string }): Promise<string>`
}

/** The team; nothing where the agent starts nobody. */
export function teamSection({ delegates }: PromptFacts): string {
  return delegates.length === 0
    ? ''
    : `You may start these agents. Each knows only what you give it, and works on its own until it is done. Look at \`status\` before you use \`output\`.\n${RESULT_TYPE}\n${declareDelegates(delegates)}`
}

/** Joins what is there with an empty line between. */
export function paragraphs(...parts: (string | false | undefined)[]): string {
  return parts.filter((part) => part && part.trim() !== '').join('\n\n')
}
