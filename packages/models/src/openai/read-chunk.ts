import type { CallFragment } from '../reply/call-fragments.ts'
import type { ReplyPart } from '../reply/reply-builder.ts'
import { type Endpoint, malformedError, streamError, unexpected } from '../wire/server-errors.ts'

/**
 * A chunk of a stream, or a whole completion, as servers really send it: every field may be missing or null, and
 * there are more fields than the client's types know. It is read without a schema because a reply has a thousand.
 */
export interface Chunk {
  model?: string | null
  choices?: Choice[] | null
  usage?: ChunkUsage | null
  /** Sent instead of the rest of a stream, or instead of a completion under status 200. */
  error?: unknown
}

interface Choice {
  /** In a stream. */
  delta?: Delta | null
  /** In a whole completion. */
  message?: Delta | null
  finish_reason?: string | null
}

interface Delta {
  /** Some servers send typed parts instead of text. */
  content?: string | { type?: string; text?: string }[] | null
  refusal?: string | null
  /** OpenRouter and newer vLLM use this name for reasoning; DeepSeek and others use the next one. */
  reasoning?: string | null
  reasoning_content?: string | null
  tool_calls?:
    | {
        index?: number | null
        id?: string | null
        function?: { name?: string | null; arguments?: string | Record<string, unknown> | null } | null
      }[]
    | null
}

interface ChunkUsage {
  prompt_tokens?: number | null
  completion_tokens?: number | null
  prompt_tokens_details?: { cached_tokens?: number | null } | null
  completion_tokens_details?: { reasoning_tokens?: number | null } | null
  /** DeepSeek's name for cached tokens. */
  prompt_cache_hit_tokens?: number | null
}

/**
 * Reads one chunk. `streamed` is false for a whole completion.
 *
 * @throws ModelError `model-malformed` for anything but an object, `model-empty` for a completion without choices, or
 * the error that the server sent.
 */
export function readChunk(endpoint: Endpoint, chunk: Chunk, streamed: boolean): ReplyPart {
  if (typeof chunk !== 'object' || chunk === null) {
    throw malformedError(endpoint, 'a chat completion', `${JSON.stringify(chunk)}`)
  }
  if (chunk.error) throw streamError(endpoint, chunk.error)
  // In a stream, the last chunk has usage and empty choices.
  if (!streamed && !chunk.choices?.length) {
    throw unexpected(endpoint, 'model-empty', 'a chat completion', 'one without choices')
  }
  const choice = chunk.choices?.[0]
  const delta = choice?.delta ?? choice?.message
  const part: ReplyPart = {}
  if (delta) readDelta(delta, part)
  if (choice?.finish_reason) part.finish = delta?.refusal ? 'content_filter' : choice.finish_reason
  if (chunk.usage) part.usage = readUsage(chunk.usage)
  if (chunk.model) part.model = chunk.model
  return part
}

function readDelta(delta: Delta, part: ReplyPart): void {
  const text = readContent(delta.content) || delta.refusal
  if (text) part.text = text
  const thinking = delta.reasoning || delta.reasoning_content
  if (typeof thinking === 'string' && thinking !== '') part.thinking = thinking
  if (delta.tool_calls?.length) {
    part.calls = delta.tool_calls.map(
      (call): CallFragment => ({
        index: call.index ?? undefined,
        id: call.id ?? undefined,
        name: call.function?.name ?? undefined,
        arguments: call.function?.arguments ?? undefined,
      }),
    )
  }
}

function readContent(content: Delta['content']): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}

function readUsage(usage: ChunkUsage): NonNullable<ReplyPart['usage']> {
  return {
    inputTokens: usage.prompt_tokens ?? 0,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  }
}
