import { ModelError } from '@bailiwick/contract'
import { largestWindow, type WindowLimits } from './context-window.ts'

/** A prompt that did not fit. */
export interface Overflow {
  /** The `num_ctx` that was sent. */
  window: number
  /** The prompt's size, where it is known or estimated. */
  promptTokens: number | undefined
}

/** Says what did not fit, and which setting allows more, where one does. */
export function contextError(model: string, overflow: Overflow, limits: WindowLimits): ModelError {
  const size = overflow.promptTokens === undefined ? '' : ` of about ${format(overflow.promptTokens)} tokens`
  const mayGrow = limits.trained === undefined || largestWindow(limits) < limits.trained
  const most = limits.trained === undefined ? '' : `, up to ${format(limits.trained)} for this model`
  const advice = mayGrow
    ? `Set contextTokens higher${most}, or shorten the task.`
    : 'That is all the model has: shorten the task or choose another model.'
  return new ModelError(
    'model-context',
    `${model}: the prompt${size} does not fit the context of ${format(overflow.window)} tokens. ${advice}`,
  )
}

function format(tokens: number): string {
  return tokens.toLocaleString('en-US')
}
