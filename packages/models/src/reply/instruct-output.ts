import { findJson, type ModelReply, type ModelRequest } from '@bailiwick/contract'

/** The request for a server without structured output: the schema is asked for in words, at the end. */
export function instructOutput(
  request: ModelRequest,
  output: NonNullable<ModelRequest['output']>,
): ModelRequest {
  const { output: _, ...rest } = request
  const wanted = `Answer with JSON alone, without any other text, that fits this JSON Schema:\n${JSON.stringify(output.schema)}`
  const last = request.messages.at(-1)
  const messages =
    last?.role === 'user'
      ? [...request.messages.slice(0, -1), { ...last, content: `${last.content}\n\n${wanted}` }]
      : [...request.messages, { role: 'user' as const, content: wanted }]
  return { ...rest, messages }
}

/**
 * Reduces a reply to the JSON in it. One without any stays as it is: whoever asked checks the schema
 * and can say what is wrong, which helps a model more than being asked the same again.
 */
export function readOutput(reply: ModelReply): ModelReply {
  const found = findJson(reply.text, () => true)
  return found === undefined ? reply : { ...reply, text: JSON.stringify(found.value) }
}
