import type { ChatResponse } from 'ollama'
import type { ReplyPart } from '../reply/reply-builder.ts'
import { type Endpoint, malformedError } from '../wire/server-errors.ts'

/** A line of a chat stream, or a whole answer. Any field that the client's type requires may be missing. */
export type Chunk = {
  [K in keyof ChatResponse]?: K extends 'message' ? Partial<ChatResponse['message']> : ChatResponse[K]
}

/** Reads one chunk. @throws ModelError `model-malformed` for anything but a chat response. */
export function readChunk(endpoint: Endpoint, chunk: Chunk): ReplyPart {
  if (typeof chunk !== 'object' || chunk === null || (chunk.message === undefined && !chunk.done)) {
    throw malformedError(endpoint, 'a chat response', `${JSON.stringify(chunk)}`)
  }
  const part: ReplyPart = {}
  if (chunk.message?.content) part.text = chunk.message.content
  if (chunk.message?.thinking) part.thinking = chunk.message.thinking
  if (chunk.message?.tool_calls?.length) {
    // Calls arrive whole and without ids.
    part.calls = chunk.message.tool_calls.map((call) => ({
      name: call.function.name,
      arguments: call.function.arguments,
    }))
  }
  if (chunk.done) {
    part.finish = chunk.done_reason ?? 'stop'
    part.usage = {
      inputTokens: chunk.prompt_eval_count ?? 0,
      cachedTokens: 0,
      outputTokens: chunk.eval_count ?? 0,
      reasoningTokens: 0,
    }
  }
  if (chunk.model) part.model = chunk.model
  return part
}
