import type { ModelReply, ModelRequest } from '@bailiwick/contract'
import { ModelError } from '@bailiwick/contract'
import { estimateUsage } from '../reply/estimate-tokens.ts'

/** The reply that a text is. @throws ModelError `model-empty` where there is none. */
export function unservedReply(model: string, text: string, request: ModelRequest, begun: number): ModelReply {
  if (text.trim() === '') throw new ModelError('model-empty', `${model} gave an empty answer.`)
  const totalMs = performance.now() - begun
  return {
    text,
    calls: [],
    finish: 'stop',
    usage: estimateUsage(request, text, ''),
    model,
    timing: { firstMs: totalMs, totalMs },
  }
}
