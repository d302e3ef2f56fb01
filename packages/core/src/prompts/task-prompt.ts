import type { TaskSpec } from '@bailiwick/contract'
import { describeValue } from '../inputs/describe-value.ts'
import { fence } from './fence.ts'

/** A longer value is described, not shown. */
const MAX_SHOWN_CHARS = 8_000

/** The user message of a task: its text, descriptions of its inputs, and results of earlier tasks. */
export function taskPrompt({ text, inputs, results, grant }: TaskSpec): string {
  const parts = [fence('task', text)]
  if (inputs.length > 0) {
    const heading = grant.level === 5 ? 'Inputs (variables of these names if a value is given):' : 'Inputs:'
    parts.push(`${heading}\n${listData(inputs.map((input) => describe(input, grant.level)))}`)
  }
  const names = Object.entries(results)
  if (names.length > 0) {
    const heading =
      grant.level === 5
        ? 'Results of earlier tasks (in the variable `results`):'
        : 'Results of earlier tasks:'
    parts.push(`${heading}\n${listData(names.map(([name, result]) => describeResult(name, result)))}`)
  }
  return parts.join('\n\n')
}

/** Each item has a fence of its own, so that none can pretend to be two. */
function listData(items: readonly string[]): string {
  return items.map((item) => `- ${fence('data', item)}`).join('\n')
}

/** Describes an input. Below level 5 an agent cannot inspect a value, so a short one is shown whole. */
function describe({ name, value, description }: TaskSpec['inputs'][number], level: number): string {
  if (level === 5 || value === undefined) return description
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text !== undefined && text.length <= MAX_SHOWN_CHARS ? `${name}:\n${text}` : description
}

function describeResult(
  name: string,
  { status, output, error, artifacts }: TaskSpec['results'][string],
): string {
  const files = artifacts.map((artifact) => `${artifact.name} (${artifact.mediaType})`).join(', ')
  const text = typeof output === 'string' ? output : JSON.stringify(output, undefined, 1)
  const shown =
    text === undefined ? 'no output' : text.length <= MAX_SHOWN_CHARS ? text : describeValue('output', output)
  const ended = status === 'completed' ? '' : ` (${status}${error ? `: ${error.message}` : ''})`
  return `${name}.output${ended}: ${shown}${files ? `\n  ${name}.artifacts: ${files}` : ''}`
}
