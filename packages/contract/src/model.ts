import { z } from 'zod'
import type { JsonSchema } from './json.ts'
import { usageSchema } from './usage.ts'

/** One message of a conversation. `calls` only on assistant messages, `callId` only on tool messages. */
export interface ModelMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  calls?: ModelCall[]
  callId?: string
}

/** A tool as a model is told about it. */
export interface ModelTool {
  name: string
  description: string
  input: JsonSchema
}

/** A tool call as a model made it: the arguments are what it wrote, parsed if they were JSON. */
export const modelCallSchema = z.lazy(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    /** The parsed arguments, or the raw text where it was not JSON. */
    arguments: z.unknown(),
  }),
)
export type ModelCall = z.infer<typeof modelCallSchema>

/** Why a model is asked. Models may be chosen by it. */
export type ModelPurpose = 'plan' | 'act' | 'judge'

/** Who asks: the key under which scripted and recorded replies are found. */
export interface ModelLane {
  agent: string
  /** The task's name in the plan (`t1`), or its id where there is no plan. */
  task: string
  /** Counts model calls of this lane from 1. */
  step: number
}

export interface ModelRequest {
  messages: ModelMessage[]
  purpose: ModelPurpose
  lane: ModelLane
  /** Offered tools. Absent or empty: no native tool calling in this request. */
  tools?: ModelTool[]
  /** Asks for JSON that fits; adapters use native structured output where the server has it. */
  output?: { name: string; schema: JsonSchema }
  /** Upper bound of completion tokens. */
  maxOutputTokens?: number
  /**
   * Upper bound of what the reply may cost, US dollars. Who knows the price bounds the completion by it, or
   * throws an `ExhaustedError` before anything is sent.
   */
  maxCost?: number
  temperature?: number
  stop?: string[]
}

/** What a model answered, whole. A reply is never half: a cut stream is an error instead. */
export const modelReplySchema = z.lazy(() =>
  z.object({
    text: z.string(),
    /** Reasoning that the server returned apart from the text. */
    thinking: z.string().optional(),
    calls: z.array(modelCallSchema),
    finish: z.enum(['stop', 'length', 'calls', 'filter']),
    usage: usageSchema,
    /** Who answered: `provider/model`. */
    model: z.string(),
    /** Milliseconds to the first token and to the end. */
    timing: z.object({ firstMs: z.number(), totalMs: z.number() }),
  }),
)
export type ModelReply = z.infer<typeof modelReplySchema>

export type ModelEvent =
  | { type: 'text'; text: string }
  | { type: 'thinking'; text: string }
  /** The stream broke and the model is asked again: every delta so far is void. */
  | { type: 'restart'; reason: string }
  | { type: 'reply'; reply: ModelReply }

/** What a model call may take besides its request. */
export interface GenerateOptions {
  signal: AbortSignal
  /** Unix milliseconds: no attempt begins, and no pause between attempts ends, after it. */
  deadline?: number
}

/**
 * A language model. `generate` yields deltas and ends with exactly one `reply`; it throws a
 * `ModelError` (or the signal's reason) instead of ending without one.
 */
export interface Model {
  /** `provider/model`, for example `ollama/qwen3:8b`. */
  readonly id: string
  generate(request: ModelRequest, options: GenerateOptions): AsyncIterable<ModelEvent>
}
