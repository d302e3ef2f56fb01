import {
  type BailiwickError,
  type Effect,
  errorText,
  hasCode,
  onAbort,
  TransientError,
} from '@bailiwick/contract'

/** How often and how long a call is retried after a transient failure. */
export interface RetryLimits {
  /** Attempts at one call, the first included. 1 switches retries off. */
  attempts: number
  /** The pause before the second attempt, ms. Each further one is twice as long. */
  firstMs: number
  /** No pause is longer, ms. If a tool asks for a longer one, its call fails at once. */
  longestMs: number
}

/** The limits that apply if nothing else is set: up to 7.75 s of pauses, or what the tool asks for. */
export const DEFAULT_RETRY_LIMITS: Readonly<RetryLimits> = {
  attempts: 6,
  firstMs: 250,
  longestMs: 60_000,
}

interface Retrying {
  /** The tool's name. */
  name: string
  effect: Effect
  limits: RetryLimits
  /** Ends the waiting at once. */
  signal: AbortSignal
  /** When the task's time is up, Unix milliseconds, if it is limited. */
  deadline(): number | undefined
  now(): number
  /** A pause begins. The text says what it waits for. */
  waiting(text: string, ms: number): void
}

/**
 * Makes a call, and makes it again after each transient failure, as long as its effect, the limits and the task's time
 * allow it.
 *
 * @throws TransientError that says what was tried, if the last failure was transient
 */
export async function retryTransient<T>(make: () => Promise<T>, retrying: Retrying): Promise<T> {
  const { name, effect, limits, signal, now } = retrying
  const began = now()
  for (let tried = 1; ; tried += 1) {
    try {
      return await make()
    } catch (error) {
      if (signal.aborted || !hasCode(error, 'transient')) throw error
      const asked = retryAfter(error)
      const pauseMs = Math.max(asked, Math.min(limits.longestMs, limits.firstMs * 2 ** (tried - 1)))
      const deadline = retrying.deadline()
      const times = tried === 1 ? 'once' : `${tried} times in ${duration(now() - began)}`
      const why =
        effect === 'once'
          ? 'It was not repeated, because it may act twice.'
          : pauseMs > limits.longestMs
            ? `It was tried ${times}. It asks to wait for ${duration(asked)}.`
            : deadline !== undefined && now() + pauseMs >= deadline
              ? `It was tried ${times}. The task’s time ends before the next try.`
              : tried >= limits.attempts
                ? `It was tried ${times}.`
                : undefined
      const what = errorText(error).replace(/\.\s*$/, '') || 'a transient failure'
      if (why !== undefined) {
        throw new TransientError(`${what}. ${why} It may succeed later.`, { cause: error })
      }
      retrying.waiting(
        `${name}: ${what}, attempt ${tried + 1} of ${limits.attempts} in ${duration(pauseMs)}`,
        pauseMs,
      )
      await pause(pauseMs, signal)
    }
  }
}

/** How long the tool asks to wait, ms. Checked, because the error may come from another process. */
function retryAfter(error: BailiwickError): number {
  const { retryAfterMs } = error as Partial<TransientError>
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget()
      resolve()
    }, ms)
    const forget = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
