import type { TaskSpec } from '@bailiwick/contract'
import { describeValue } from '../inputs/describe-value.ts'
import { fileUse, type ShownFile, shownFiles } from '../levels/file-use.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { fence } from './fence.ts'

/** A longer value is described, not shown. */
const MAX_SHOWN_CHARS = 8_000

/**
 * The user message of a task: the request that it is part of, its values and files, results of earlier tasks, and at the
 * end what to do.
 *
 * @param next the task is what the user says next in a conversation, so the text stands as it is
 */
export function taskPrompt(spec: TaskSpec, next = false): string {
  const { text, request, inputs, results, grant } = spec
  const parts: string[] = []
  if (request !== undefined && !next) {
    parts.push(
      `Your task is one part of this request of the user. What it defines and wants holds for your part too; others do the rest.\n${fence('request', request)}`,
    )
  }
  const isCode = LEVEL_TABLE[grant.level].action === 'code'
  const values = inputs.filter(({ artifact, file }) => artifact === undefined && file === undefined)
  if (values.length > 0) {
    const heading = isCode ? 'Values (each is a variable of this name):' : 'Values:'
    parts.push(`${heading}\n${listData(values.map((input) => describe(input, isCode)))}`)
  }
  const files = shownFiles(spec)
  if (files.length > 0) parts.push(listFiles(spec, files, isCode))
  const names = Object.entries(results)
  if (names.length > 0) {
    const heading = isCode
      ? 'Results of earlier tasks (in the variable `results`):'
      : 'Results of earlier tasks:'
    parts.push(`${heading}\n${listData(names.map(([name, result]) => describeResult(name, result, isCode)))}`)
  }
  return [...parts, next ? text : fence('task', text)].join('\n\n')
}

/** Each item has a fence of its own, so that none can pretend to be two. */
function listData(items: readonly string[]): string {
  return items.map((item) => `- ${fence('data', item)}`).join('\n')
}

/** Describes a value. An agent without code cannot inspect it, so a short one is shown whole. */
function describe({ name, value, description }: TaskSpec['inputs'][number], isCode: boolean): string {
  if (isCode || value === undefined) return description
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text !== undefined && text.length <= MAX_SHOWN_CHARS ? `${name}:\n${text}` : description
}

/** Files after what the agent can do with them, each with the calls that work for it. */
function listFiles(spec: TaskSpec, files: readonly ShownFile[], isCode: boolean): string {
  const uses = files.map((file) => fileUse(spec, file))
  const heading = uses.some((use) => use.length > 0)
    ? isCode
      ? 'Files (these names are no variables; only the calls below read them):'
      : 'Files:'
    : 'Files (you have no tool that reads them, so you know only what stands here):'
  const items = files.map(({ description, text }, index) => {
    const shown =
      text !== undefined && text.length <= MAX_SHOWN_CHARS ? `${description}\n${text}` : description
    const use = uses[index] ?? []
    return `- ${fence('data', shown)}${use.length > 0 ? `\n  To use it: ${use.join('; ')}.` : ''}`
  })
  return [heading, ...items].join('\n')
}

function describeResult(
  name: string,
  { status, output, error, artifacts }: TaskSpec['results'][string],
  isCode: boolean,
): string {
  const files = artifacts.map((artifact) => artifact.name).join(', ')
  const text = typeof output === 'string' ? output : JSON.stringify(output, undefined, 1)
  const shown =
    text === undefined ? 'no output' : text.length <= MAX_SHOWN_CHARS ? text : describeValue('output', output)
  const ended = status === 'completed' ? '' : ` (${status}${error ? `: ${error.message}` : ''})`
  // Code finds the output at this path. References are shorter.
  const path = isCode ? `${name}.output` : name
  return `${path}${ended}: ${shown}${files ? `\n  files of ${name}: ${files}` : ''}`
}
