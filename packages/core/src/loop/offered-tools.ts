import {
  DELEGATE_INPUT,
  FINAL_ANSWER,
  functionName,
  type ModelTool,
  SEARCH_TOOLS,
  TOOLS_DECLARED,
} from '@bailiwick/contract'
import type { TaskRun } from '../attempt/attempt.ts'
import { roundsUsed } from '../gate/decide.ts'
import { outputSchema } from '../schemas/output-schema.ts'

/** The tools of a request: what a reply may call natively. None at levels 0, 1 and 5, or after level 2's round. */
export function offeredTools({ rules, state, options, own }: TaskRun): ModelTool[] {
  const { grant } = state.spec
  if (rules.action !== 'calls') return []
  if (roundsUsed(rules, state, Number.POSITIVE_INFINITY)) return []
  const delegates = rules.delegates
    ? grant.delegates.map(({ name, description }) => ({
        name: functionName(name),
        description,
        input: DELEGATE_INPUT,
      }))
    : []
  const shown = [...shownTools(state), ...own.values(), ...delegates]
  const tools = shown.map(({ name, description, input }) => ({ name, description, input }))
  if (rules.rounds === 1) return tools
  const answer = outputSchema(options.definition, state.spec) ?? {
    description: 'The answer to the task, whole.',
  }
  const input = { type: 'object', properties: { answer }, required: ['answer'] }
  return [...tools, { name: FINAL_ANSWER, description: 'Ends the task with its answer.', input }]
}

/** All of them, or, where they are very many, those that a search has shown. */
function shownTools({ spec, steps }: TaskRun['state']) {
  const { tools } = spec.grant
  if (tools.length <= TOOLS_DECLARED) return tools
  const found = steps
    .flatMap(({ calls, reply }) =>
      reply?.calls.some(({ name }) => name === SEARCH_TOOLS.name) ? [...calls.values()] : [],
    )
    .map(({ outcome }) => outcome?.value ?? '')
    .join('\n')
  return tools.filter(({ name }) => found.includes(`declare function ${name}(`))
}
