import {
  DELEGATE_INPUT,
  FINAL_ANSWER,
  functionName,
  MAX_DECLARED_TOOLS,
  type ModelRequest,
  type ModelTool,
  SEARCH_TOOLS,
} from '@bailiwick/contract'
import { roundsUsed } from '../gate/decide.ts'
import { outputSchema } from '../schemas/output-schema.ts'
import type { Attempt } from './attempt.ts'

/**
 * The tools that a model request declares natively. They stay after level 2's round of calls and in requests that must
 * not lead to calls, because servers want the tools of all calls in the messages, and because requests should begin alike.
 *
 * @param mayCall whether the reply may call them
 */
export function offeredTools(attempt: Attempt, mayCall = true): Pick<ModelRequest, 'tools' | 'toolChoice'> {
  const tools = declaredTools(attempt)
  if (tools.length === 0) return {}
  const { rules, state } = attempt
  const none = !mayCall || roundsUsed(rules, state, Number.POSITIVE_INFINITY)
  return { tools, ...(none && { toolChoice: 'none' }) }
}

/** None at levels 0, 1 and 5. */
function declaredTools({ rules, state, options, own }: Attempt): ModelTool[] {
  const { grant } = state.spec
  if (rules.action !== 'calls') return []
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

/** All granted tools; if there are too many, only those that `searchTools` has returned. */
function shownTools({ spec, steps }: Attempt['state']) {
  const { tools } = spec.grant
  if (tools.length <= MAX_DECLARED_TOOLS) return tools
  const found = steps
    .flatMap(({ calls, reply }) =>
      reply?.calls.some(({ name }) => name === SEARCH_TOOLS.name) ? [...calls.values()] : [],
    )
    .map(({ outcome }) => outcome?.value ?? '')
    .join('\n')
  return tools.filter(({ name }) => found.includes(`declare function ${name}(`))
}
