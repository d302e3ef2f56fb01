import { ModelError } from '@bailiwick/contract'
import type { ChatResponse } from 'ollama'
import type { ReplyPart } from '../reply/reply-builder.ts'

/** A line of a chat stream, or a whole answer: what the client types, with nothing taken for granted. */
export type Chunk = {
  [K in keyof ChatResponse]?: K extends 'message' ? Partial<ChatResponse['message']> : ChatResponse[K]
}

/** @throws ModelError `model-malformed` for what is no chat response. */
export function readChunk(asked: string, chunk: Chunk): ReplyPart {
  if (typeof chunk !== 'object' || chunk === null || (chunk.message === undefined && !chunk.done)) {
    throw new ModelError(
      'model-malformed',
      `${asked} sent ${JSON.stringify(chunk)} where a chat response was wanted.`,
    )
  }
  const part: ReplyPart = {}
  if (chunk.message?.content) part.text = chunk.message.content
  if (chunk.message?.thinking) part.thinking = chunk.message.thinking
  if (chunk.message?.tool_calls?.length) {
    // Calls arrive whole, without ids.
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
