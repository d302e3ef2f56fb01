import {
  findJson,
  type ModelCall,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type ModelTool,
} from '@bailiwick/contract'

/**
 * The request for a model without native tool calls: the tools are described in the system message,
 * earlier calls and their results become text. The model answers with a fenced block
 * `{"calls": [{"name": …, "arguments": {…}}]}`, which {@link readCalls} takes apart again.
 */
export function instructCalls(request: ModelRequest): ModelRequest {
  const { tools, ...rest } = request
  const messages = joinRoles(request.messages.map((message) => inWords(message, request.messages)))
  if (!tools?.length) return { ...rest, messages }
  const [first, ...others] = messages
  const system = first?.role === 'system' ? [first.content] : []
  const conversation = first?.role === 'system' ? others : messages
  return {
    ...rest,
    messages: [{ role: 'system', content: [...system, describeTools(tools)].join('\n\n') }, ...conversation],
  }
}

/** Takes the calls out of a reply's text. Text around the block stays. */
export function readCalls(reply: ModelReply): ModelReply {
  const found = findJson(reply.text, (value) => callsOf(value).length > 0)
  if (found === undefined) return reply
  return {
    ...reply,
    text: (reply.text.slice(0, found.start) + reply.text.slice(found.end)).trim(),
    calls: callsOf(found.value),
    finish: 'calls',
  }
}

function describeTools(tools: ModelTool[]): string {
  const list = tools.map(
    (tool) => `- ${tool.name}: ${tool.description}\n  arguments: ${JSON.stringify(tool.input)}`,
  )
  return `You can call these tools:
${list.join('\n')}

To call tools, answer with one block in exactly this form and nothing after it. You will be shown the results.
\`\`\`json
{"calls": [{"name": "tool name", "arguments": {}}]}
\`\`\`
To answer without calling a tool, write the answer as plain text.`
}

function inWords(message: ModelMessage, all: ModelMessage[]): ModelMessage {
  if (message.role === 'tool') {
    const call = all.flatMap((other) => other.calls ?? []).findLast(({ id }) => id === message.callId)
    return {
      role: 'user',
      content: `Result of ${call?.name ?? message.callId ?? 'the call'}:\n${message.content}`,
    }
  }
  if (!message.calls?.length) return message
  const calls = message.calls.map(({ name, arguments: args }) => ({ name, arguments: args }))
  const block = `\`\`\`json\n${JSON.stringify({ calls })}\n\`\`\``
  return { role: message.role, content: message.content === '' ? block : `${message.content}\n${block}` }
}

/** Chat templates of small models insist on user and assistant taking turns. */
function joinRoles(messages: ModelMessage[]): ModelMessage[] {
  const joined: ModelMessage[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role === message.role && message.role === 'user') {
      joined[joined.length - 1] = { role: 'user', content: `${last.content}\n\n${message.content}` }
    } else joined.push(message)
  }
  return joined
}

/** Accepts the form asked for, one bare call, a list of calls, and the usual other names of the fields. */
function callsOf(value: unknown): ModelCall[] {
  const list = Array.isArray(value)
    ? value
    : isRecord(value) && Array.isArray(value.calls)
      ? value.calls
      : [value]
  const calls = list.map((entry, place): ModelCall | undefined => {
    if (!isRecord(entry) || typeof entry.name !== 'string') return undefined
    const args = entry.arguments ?? entry.parameters ?? entry.args
    return args === undefined ? undefined : { id: `call_${place + 1}`, name: entry.name, arguments: args }
  })
  return calls.every((call) => call !== undefined) ? calls : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
