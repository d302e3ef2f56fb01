import type { ModelError } from '@bailiwick/contract'
import type { ErrorBody } from '../wire/error-body.ts'

/** The features that a server understands. A model starts with its preset's and drops those that the server refuses. */
export interface OpenAiFeatures {
  /** Native tool calls. Without them, the prompt describes the tools. */
  tools: boolean
  /** `tool_choice`. Without it, the model may call tools although it should not. */
  toolChoice: boolean
  /** `response_format` with a JSON schema. Without it, the prompt contains the schema. */
  outputSchema: boolean
  /** `stream_options.include_usage`. Without it, a stream carries no usage. */
  streamUsage: boolean
  temperature: boolean
  stop: boolean
  /** OpenAI's own models refuse `max_tokens`; most compatible servers know nothing else. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens'
}

export const ALL_FEATURES: OpenAiFeatures = Object.freeze({
  tools: true,
  toolChoice: true,
  outputSchema: true,
  streamUsage: true,
  temperature: true,
  stop: true,
  maxTokensField: 'max_tokens',
})

const REFUSALS: readonly { feature: Exclude<keyof OpenAiFeatures, 'maxTokensField'>; words: RegExp }[] = [
  { feature: 'streamUsage', words: /stream_options|include_usage/ },
  { feature: 'toolChoice', words: /tool_choice/ },
  { feature: 'outputSchema', words: /response_format|json_schema|structured output/i },
  { feature: 'temperature', words: /\btemperature\b/ },
  { feature: 'stop', words: /\bstop\b/ },
]

/**
 * The change to the features after a refusal, or undefined if the server refused something else. Compatible servers
 * differ too much to be listed, so each gets every feature once and its refusals are remembered. A refused request
 * has generated nothing, so sending it again costs nothing.
 */
export function adaptFeatures(
  tried: OpenAiFeatures,
  error: ModelError,
  body: ErrorBody | undefined,
): Partial<OpenAiFeatures> | undefined {
  if (error.code === 'model-no-tools' && tried.tools) return { tools: false }
  if (body === undefined || (error.status !== 400 && error.status !== 422)) return undefined
  const about = body.param || body.message
  if (
    /max_(completion_)?tokens/.test(about) &&
    /unsupported|not supported|unknown|unrecognized|extra|instead/i.test(`${body.code} ${body.message}`)
  ) {
    return { maxTokensField: tried.maxTokensField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens' }
  }
  const refused = REFUSALS.find(({ feature, words }) => tried[feature] && words.test(about))
  return refused && { [refused.feature]: false }
}
