import { ModelError, type ModelReply, type ModelRequest } from '@bailiwick/contract'
import { estimateUsage } from '../reply/estimate-tokens.ts'

/** The features of a model that reads and writes only text. */
export const TEXT_ONLY = { tools: false, outputSchema: false }

/** Prints a request as one readable text. */
export function promptText(request: ModelRequest): string {
  return request.messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n')
}

/**
 * Makes a reply of a text.
 *
 * @param start when the model was asked, from `performance.now()`
 * @throws ModelError `model-empty` for an empty text
 */
export function textReply(model: string, text: string, request: ModelRequest, start: number): ModelReply {
  if (text.trim() === '')
    throw new ModelError(
      'model-empty',
      `Expected a reply from ${model}, got no text. Try again, or choose another model.`,
    )
  const totalMs = performance.now() - start
  return {
    text,
    calls: [],
    finish: 'stop',
    usage: estimateUsage(request, text, ''),
    model,
    timing: { firstMs: totalMs, totalMs },
  }
}
