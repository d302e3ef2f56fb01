import type { Model } from '@bailiwick/core/contract'
import type { ModelSettings } from './model-settings.ts'

/** Puts the temperature into requests that name none, and keeps the output within the configured bound. */
export function withRequestSettings(
  model: Model,
  { temperature, maxOutputTokens: most }: Pick<ModelSettings, 'temperature' | 'maxOutputTokens'>,
): Model {
  if (temperature === undefined && most === undefined) return model
  return {
    id: model.id,
    generate: (request, call) =>
      model.generate(
        {
          ...(temperature !== undefined && { temperature }),
          ...request,
          ...(most !== undefined && { maxOutputTokens: Math.min(most, request.maxOutputTokens ?? most) }),
        },
        call,
      ),
  }
}
