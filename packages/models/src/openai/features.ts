import type { ModelError } from '@bailiwick/contract'
import type { FaultBody } from '../wire/error-body.ts'
import type { OpenAiFeatures } from './chat-body.ts'

const REFUSALS: readonly { feature: Exclude<keyof OpenAiFeatures, 'maxTokensField'>; words: RegExp }[] = [
  { feature: 'streamUsage', words: /stream_options|include_usage/ },
  { feature: 'outputSchema', words: /response_format|json_schema|structured output/i },
  { feature: 'temperature', words: /\btemperature\b/ },
  { feature: 'stop', words: /\bstop\b/ },
]

/**
 * What to change in the features after a refusal, or `undefined` when the refusal was about something
 * else. Compatible servers differ too much to be listed: each is asked for everything once and
 * remembered. A refused request has generated nothing, so asking again costs nothing.
 */
export function unlearn(
  tried: OpenAiFeatures,
  error: ModelError,
  body: FaultBody | undefined,
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
