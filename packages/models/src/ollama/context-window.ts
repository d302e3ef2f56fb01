import { ModelError } from '@bailiwick/contract'
import type { ModelFacts } from './served-models.ts'

/** Ollama reloads a model whenever the window changes, so sizes come in steps and never shrink. */
const MIN_WINDOW = 8192
/** Tokens that stay free for the reply if the request has no bound. */
const REPLY_RESERVE = 2048
/** Memory grows with the window, so a larger one needs the user's setting. */
const DEFAULT_MAX_WINDOW = 32_768
/** Special tokens that a server adds to its count or leaves out of it. */
const COUNT_TOLERANCE = 4

/** The bounds of a model's context window, in tokens. */
export interface WindowLimits {
  /** The length that the model was trained on. Undefined if the server does not say. */
  trained: number | undefined
  /** The largest window that the user allows. */
  allowed: number
}

/** A prompt that did not fit. */
export interface Overflow {
  /** The `num_ctx` that was sent. */
  window: number
  /** The prompt's size in tokens, counted or estimated. */
  promptTokens: number | undefined
}

/** The bounds from the model's facts and the user's setting, or else the Modelfile's. */
export function windowLimits(contextTokens: number | undefined, facts: ModelFacts): WindowLimits {
  const allowed = contextTokens ?? Math.max(DEFAULT_MAX_WINDOW, facts.configuredTokens ?? 0)
  return { trained: facts.contextTokens, allowed }
}

/** The largest window that a request may ask for. */
export function maxWindow(limits: WindowLimits): number {
  return Math.min(limits.allowed, limits.trained ?? Number.POSITIVE_INFINITY)
}

/**
 * The `num_ctx` for a prompt: room for it and the reply, in powers of two, never less than the last window, and never
 * more than the limits allow.
 */
export function windowFor(
  promptTokens: number,
  replyTokens: number | undefined,
  lastWindow: number,
  limits: WindowLimits,
): number {
  const needed = promptTokens + (replyTokens ?? REPLY_RESERVE)
  let window = Math.max(MIN_WINDOW, lastWindow)
  while (window < needed) window *= 2
  return Math.min(window, maxWindow(limits))
}

/**
 * True if the server must have dropped part of the prompt. Servers before 0.12.6 ignore `truncate: false` and cut
 * silently: down to the window's size, or by whole messages. The latter shows as a count far below the estimate for
 * a prompt that could not fit.
 */
export function wasTruncated(counted: number, estimated: number, window: number): boolean {
  if (counted >= window - COUNT_TOLERANCE) return true
  return estimated > window && counted < estimated / 2
}

/** The error for a prompt that fits no window within the limits. Names the setting that allows more, if any. */
export function contextError(model: string, overflow: Overflow, limits: WindowLimits): ModelError {
  const { window, promptTokens } = overflow
  const found = promptTokens === undefined ? 'a longer one' : `about ${format(promptTokens)} tokens`
  const mayGrow = limits.trained === undefined || maxWindow(limits) < limits.trained
  const bound = limits.trained === undefined ? '' : `, up to ${format(limits.trained)} for this model`
  const advice = mayGrow
    ? `Set contextTokens higher${bound}, or shorten the task.`
    : 'The model has no larger context: shorten the task or choose another model.'
  return new ModelError(
    'model-context',
    `Expected a prompt for ${model} that fits its context of ${format(window)} tokens, got ${found}. ${advice}`,
  )
}

function format(tokens: number): string {
  return tokens.toLocaleString('en-US')
}
