import type { TaskSpec } from '@bailiwick/contract'
import { describeInput } from '../inputs/describe-input.ts'

/** The task as the agent is told it: text, inputs described, results of the tasks before it. */
export function taskPrompt({ text, inputs, results, grant }: TaskSpec): string {
  const parts = [`Task:\n${text}`]
  if (inputs.length > 0) {
    const heading =
      grant.level === 5 ? 'Inputs (variables of these names where a value is given):' : 'Inputs:'
    parts.push(`${heading}\n${inputs.map((input) => describe(input, grant.level)).join('\n')}`)
  }
  const names = Object.entries(results)
  if (names.length > 0) {
    const heading =
      grant.level === 5
        ? 'Results of earlier tasks (in the variable `results`):'
        : 'Results of earlier tasks:'
    parts.push(`${heading}\n${names.map(([name, result]) => describeResult(name, result)).join('\n')}`)
  }
  return parts.join('\n\n')
}

/** Below level 5 nothing can look into an input: a short one is shown whole. */
function describe({ name, value, description }: TaskSpec['inputs'][number], level: number): string {
  if (level === 5 || value === undefined) return `- ${description}`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text !== undefined && text.length <= SHOWN_WHOLE ? `- ${name}:\n${text}` : `- ${description}`
}

const SHOWN_WHOLE = 8_000

function describeResult(
  name: string,
  { status, output, error, artifacts }: TaskSpec['results'][string],
): string {
  const files = artifacts.map((artifact) => `${artifact.name} (${artifact.mediaType})`).join(', ')
  const text = typeof output === 'string' ? output : JSON.stringify(output, undefined, 1)
  const shown =
    text === undefined ? 'no output' : text.length <= SHOWN_WHOLE ? text : describeInput('output', output)
  const ended = status === 'completed' ? '' : ` (${status}${error ? `: ${error.message}` : ''})`
  return `- ${name}.output${ended}: ${shown}${files ? `\n  ${name}.artifacts: ${files}` : ''}`
}
