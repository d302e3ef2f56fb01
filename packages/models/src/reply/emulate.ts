import {
  findJson,
  type Json,
  type ModelCall,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type ModelTool,
} from '@bailiwick/contract'

/** The features that a server has. */
export interface NativeFeatures {
  tools: boolean
  outputSchema: boolean
}

interface Emulated {
  /** The request to send. */
  request: ModelRequest
  /** Turns the reply to it into the form that the server's own feature would have given. */
  read(reply: ModelReply): ModelReply
}

/** Emulates the features that a server lacks: puts tools, tool results and output schemas into the prompt. */
export function emulateFeatures(request: ModelRequest, native: NativeFeatures): Emulated {
  let sent = request
  const readers: ((reply: ModelReply) => ModelReply)[] = []
  if (!native.outputSchema && sent.output !== undefined) {
    sent = promptForOutput(sent, sent.output)
    readers.push(readOutput)
  }
  if (!native.tools) {
    if (request.tools?.length && request.toolChoice !== 'none') readers.push(readCalls)
    sent = promptForCalls(sent)
  }
  return { request: sent, read: (reply) => readers.reduce((read, reader) => reader(read), reply) }
}

/** Asks for the schema in words, at the end of the prompt. */
function promptForOutput(
  request: ModelRequest,
  { schema }: NonNullable<ModelRequest['output']>,
): ModelRequest {
  const { output: _, ...rest } = request
  const wanted = `Answer with JSON alone, without any other text, that fits this JSON Schema:\n${JSON.stringify(schema)}`
  const last = request.messages.at(-1)
  const messages =
    last?.role === 'user'
      ? [...request.messages.slice(0, -1), { ...last, content: `${last.content}\n\n${wanted}` }]
      : [...request.messages, { role: 'user' as const, content: wanted }]
  return { ...rest, messages }
}

/**
 * Reduces a reply to the JSON in it. Keeps a reply without JSON: the caller checks the schema, and an explanation of
 * the mistake helps a model more than the same request again.
 */
function readOutput(reply: ModelReply): ModelReply {
  const found = findJson(reply.text, () => true)
  return found === undefined ? reply : { ...reply, text: JSON.stringify(found.value) }
}

/**
 * Describes the tools in the system message, and turns earlier calls and their results into text. The model answers
 * with a fenced block `{"calls": [{"name": …, "arguments": {…}}]}`, which {@link readCalls} reads.
 */
function promptForCalls(request: ModelRequest): ModelRequest {
  const { tools, ...rest } = request
  const messages = joinUserMessages(request.messages.map((message) => toText(message, request.messages)))
  if (!tools?.length) return { ...rest, messages }
  const [first, ...others] = messages
  const system = first?.role === 'system' ? [first.content] : []
  const conversation = first?.role === 'system' ? others : messages
  return {
    ...rest,
    messages: [{ role: 'system', content: [...system, describeTools(tools)].join('\n\n') }, ...conversation],
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

function toText(message: ModelMessage, all: ModelMessage[]): ModelMessage {
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

/** Chat templates of small models require that user and assistant take turns. */
function joinUserMessages(messages: ModelMessage[]): ModelMessage[] {
  const joined: ModelMessage[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role === message.role && message.role === 'user') {
      joined[joined.length - 1] = { role: 'user', content: `${last.content}\n\n${message.content}` }
    } else joined.push(message)
  }
  return joined
}

/** Moves the calls from a reply's text to its calls. Keeps the text around the block. */
function readCalls(reply: ModelReply): ModelReply {
  const found = findJson(reply.text, (value) => callsIn(value).length > 0)
  if (found === undefined) return reply
  return {
    ...reply,
    text: (reply.text.slice(0, found.start) + reply.text.slice(found.end)).trim(),
    calls: callsIn(found.value),
    finish: 'calls',
  }
}

/** Accepts the form that the prompt asks for, one bare call, a list of calls, and the usual other names of the fields. */
function callsIn(value: Json): ModelCall[] {
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
