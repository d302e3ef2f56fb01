/** Ollama reloads a model whenever the window changes, so that sizes come in steps and never shrink. */
const SMALLEST = 8192
/** Tokens kept free for the answer where the request names no bound. */
const ANSWER_RESERVE = 2048
/** The window's memory grows with it: beyond this, somebody has to ask for it. */
export const DEFAULT_LARGEST = 32_768

export interface WindowLimits {
  /** What the model was trained on, where the server says. */
  trained: number | undefined
  /** What the user allows. */
  largest: number
}

/** The largest window that may be asked for. */
export function largestWindow(limits: WindowLimits): number {
  return Math.min(limits.largest, limits.trained ?? Number.POSITIVE_INFINITY)
}

/**
 * The `num_ctx` for a prompt: room for it and the answer, in steps of powers of two, at least what was
 * used before, at most what model and user allow.
 */
export function windowFor(
  promptTokens: number,
  answerTokens: number | undefined,
  used: number,
  limits: WindowLimits,
): number {
  const wanted = promptTokens + (answerTokens ?? ANSWER_RESERVE)
  let window = Math.max(SMALLEST, used)
  while (window < wanted) window *= 2
  return Math.min(window, largestWindow(limits))
}

/**
 * Whether the server must have dropped part of the prompt. Servers before 0.12.6 ignore
 * `truncate: false` and cut silently: down to the window's size, or by whole messages, which shows in a
 * count far below the estimate for a prompt that could not fit.
 */
export function wasTruncated(counted: number, estimated: number, window: number): boolean {
  if (counted >= window - NEAR) return true
  return estimated > window && counted < estimated / 2
}

/** Special tokens that a server adds or leaves out of its count. */
const NEAR = 4
