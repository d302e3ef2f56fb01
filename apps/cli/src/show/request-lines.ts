import type { RunTask } from '@bailiwick/bus'
import type { ModelMessage } from '@bailiwick/contract'
import type { RebuiltRequest } from '@bailiwick/core'

/**
 * Formats a request to a model for people.
 *
 * @param before the task's request before. Messages at the beginning that both have are left out
 */
export function requestLines(
  { name, agent }: Pick<RunTask, 'name' | 'agent'>,
  { step, purpose, model, request }: RebuiltRequest,
  before?: RebuiltRequest,
): string[] {
  const what = purpose === 'act' ? '' : `, ${purpose}`
  const head = `=== ${name} (${agent}), step ${step}${what}, answered by ${model} ===`
  if (request === undefined) {
    const why =
      purpose === 'judge' ? 'a check of the agent asked this' : 'this version would send nothing here'
    return [head, `(not known: ${why})`, '']
  }
  const { messages, tools = [], toolChoice, output } = request
  const old = before?.request?.messages ?? []
  const different = messages.findIndex(
    (message, index) => JSON.stringify(message) !== JSON.stringify(old[index]),
  )
  const same = different === -1 ? messages.length : different
  return [
    head,
    ...(same > 0 ? [`(${same} ${same === 1 ? 'message' : 'messages'} as before)`] : []),
    ...messages.slice(same).flatMap(messageLines),
    ...(tools.length > 0 ? [`--- tools: ${tools.map((tool) => tool.name).join(', ')} ---`] : []),
    ...(toolChoice === 'none' ? ['--- no tool may be called ---'] : []),
    ...(output !== undefined ? [`--- the answer must fit ${JSON.stringify(output.schema)} ---`] : []),
    '',
  ]
}

function messageLines(message: ModelMessage): string[] {
  const calls = 'calls' in message ? (message.calls ?? []) : []
  const size = `${message.content.length} characters`
  return [
    `--- ${message.role}, ${size} ---`,
    ...(message.content === '' ? [] : message.content.split('\n')),
    ...calls.map((call) => `call ${call.name}(${JSON.stringify(call.arguments)})`),
  ]
}
