import {
  type DelegateCard,
  type Effect,
  functionName,
  type JsonSchema,
  levelName,
  type ToolCard,
} from '@bailiwick/contract'
import { printType } from './print-type.ts'

const EFFECTS: Record<Effect, string> = {
  none: 'Only reads.',
  idempotent: 'Changes something; the same call twice changes it once.',
  once: 'Changes something each time: do not repeat.',
}

/** Declares tools in TypeScript, for the prompt. */
export function declareTools(cards: readonly ToolCard[]): string {
  return cards.map(declareTool).join('\n')
}

function declareTool({ name, description, input, output, effect }: ToolCard): string {
  const argument = isEmptyObject(input) ? '' : `input: ${printType(input)}`
  return `/** ${comment(description)} ${EFFECTS[effect]} */
declare function ${name}(${argument}): Promise<${output ? printType(output) : 'any'}>`
}

/** Declares delegates in TypeScript, each with its level and description. */
export function declareDelegates(cards: readonly DelegateCard[]): string {
  return cards
    .map(
      ({ name, description, level, output }) => `/** Agent (${levelName(level)}): ${comment(description)} */
declare function ${functionName(name)}(input: { task: string; inputs?: Record<string, unknown> }): Promise<Result<${output ? printType(output) : 'any'}>>`,
    )
    .join('\n')
}

/** The type of a delegate's result. Precedes the delegates' declarations once. */
export const RESULT_TYPE = `type Result<T> = {
  status: 'completed' | 'failed' | 'exhausted' | 'canceled' | 'rejected'
  output?: T; error?: { code: string; message: string }; files?: string[]
}`

function comment(text: string): string {
  return text.trim().replaceAll('*/', '* /').replaceAll('\n', '\n * ')
}

function isEmptyObject({ properties, additionalProperties }: JsonSchema): boolean {
  return Object.keys(properties ?? {}).length === 0 && !additionalProperties
}
