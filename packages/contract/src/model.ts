import { z } from 'zod'
import type { JsonSchema } from './json.ts'
import { usageSchema } from './usage.ts'

/** One message of a conversation. Only assistant messages have `calls`; only tool messages have `callId`. */
export interface ModelMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  calls?: ModelCall[]
  callId?: string
}

/** A tool as a model sees it. */
export interface ModelTool {
  name: string
  description: string
  input: JsonSchema
}

/** A tool call as a model wrote it. */
export const modelCallSchema = z.lazy(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    /** The parsed arguments, or the raw text if it was not JSON. */
    arguments: z.unknown(),
  }),
)
export type ModelCall = z.infer<typeof modelCallSchema>

/** Why the loop asks a model. An agent can have another model for each purpose. */
export type ModelPurpose = 'plan' | 'act' | 'judge'

/** Identifies the caller of a model. Scripted and recorded replies are looked up by it. */
export interface ModelLane {
  agent: string
  /** The task's name in the plan (`t1`), or its id if there is no plan. */
  task: string
  /** Number of this model call in its lane, from 1. */
  step: number
}

/** A request to a model. */
export interface ModelRequest {
  messages: ModelMessage[]
  purpose: ModelPurpose
  lane: ModelLane
  /** Offered tools. If absent or empty, the request does not use native tool calling. */
  tools?: ModelTool[]
  /** With `none`, the tools are only declared, because the messages have calls of them. The reply may call nothing. */
  toolChoice?: 'none'
  /** Asks for JSON that fits the schema. Adapters use structured output if the server supports it. */
  output?: { name: string; schema: JsonSchema }
  /** Maximum number of completion tokens. */
  maxOutputTokens?: number
  /**
   * Maximum cost of the reply, US dollars. A model with a known price limits the completion accordingly, or throws
   * an `ExhaustedError` before it sends the request.
   */
  maxCost?: number
  temperature?: number
  stop?: string[]
}

/** A model's complete reply. A stream that breaks off is an error, not a shorter reply. */
export const modelReplySchema = z.lazy(() =>
  z.object({
    text: z.string(),
    /** Reasoning that the server returned separately from the text. */
    thinking: z.string().optional(),
    calls: z.array(modelCallSchema),
    finish: z.enum(['stop', 'length', 'calls', 'filter']),
    usage: usageSchema,
    /** The model that replied: `provider/model`. */
    model: z.string(),
    /** Milliseconds to the first token and to the end. */
    timing: z.object({ firstMs: z.number(), totalMs: z.number() }),
  }),
)
export type ModelReply = z.infer<typeof modelReplySchema>

/** An event of {@link Model.generate}. */
export type ModelEvent =
  | { type: 'text'; text: string }
  | { type: 'thinking'; text: string }
  /** The stream broke and the request is repeated. Discard all deltas so far. */
  | { type: 'restart'; reason: string }
  /** The server is busy or failed, and is asked again after so many milliseconds. The text says so, for people. */
  | { type: 'waiting'; text: string; ms: number }
  | { type: 'reply'; reply: ModelReply }

/** Options of a model call. */
export interface GenerateOptions {
  signal: AbortSignal
  /** Unix milliseconds. No attempt starts after it, and no pause between attempts lasts longer. */
  deadline?: number
}

/**
 * A language model. `generate` yields deltas and ends with exactly one `reply`. If there is no reply, it throws a
 * `ModelError` or the signal's reason.
 */
export interface Model {
  /** `provider/model`, for example `ollama/qwen3:8b`. */
  readonly id: string
  generate(request: ModelRequest, options: GenerateOptions): AsyncIterable<ModelEvent>
}
