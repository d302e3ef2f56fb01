import type { Source } from '../source.ts'
import type { ModelSettings } from './model-settings.ts'

/** Puts the temperature into requests that name none, and keeps the output within the configured bound. */
export function withRequestSettings(
  source: Source,
  { temperature, maxOutputTokens: most }: Pick<ModelSettings, 'temperature' | 'maxOutputTokens'>,
): Source {
  if (temperature === undefined && most === undefined) return source
  return {
    id: source.id,
    ask: (request, call) =>
      source.ask(
        {
          ...(temperature !== undefined && { temperature }),
          ...request,
          ...(most !== undefined && { maxOutputTokens: Math.min(most, request.maxOutputTokens ?? most) }),
        },
        call,
      ),
  }
}
