import type { TaskSpec } from '../contract/task.ts'
import { cut } from '../memory/cut.ts'

/** Characters of one earlier result that a prompt shows at most. */
const RESULT_CHARS = 12_000

/** The first user message: the task, what it is given, and the results it builds on. */
export function taskPrompt(spec: Pick<TaskSpec, 'text' | 'inputs' | 'results'>): string {
  const parts = [spec.text]
  if (spec.inputs.length > 0) {
    const inputs = spec.inputs.map(({ description, artifact }) =>
      artifact === undefined ? `- ${description}` : `- file "${artifact.name}": ${description}`,
    )
    parts.push(`You are given:\n${inputs.join('\n')}`)
  }
  const results = Object.entries(spec.results)
  if (results.length > 0) {
    const shown = results.map(([name, { output, artifacts }]) => {
      const files =
        artifacts.length === 0 ? '' : `\nfiles: ${artifacts.map((artifact) => artifact.name).join(', ')}`
      return `${name}.output = ${cut(JSON.stringify(output, undefined, 1) ?? 'undefined', RESULT_CHARS)}${files}`
    })
    parts.push(`Results so far:\n${shown.join('\n\n')}`)
  }
  return parts.join('\n\n')
}
