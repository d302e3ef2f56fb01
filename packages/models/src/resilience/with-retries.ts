import { setTimeout as sleep } from 'node:timers/promises'
import {
  type GenerateOptions,
  isModelError,
  ModelError,
  type ModelErrorCode,
  type ModelReply,
} from '@bailiwick/contract'
import { restartableCall } from '../restartable-call.ts'
import type { Source } from '../source.ts'
import { retryPause } from './retry-pause.ts'
import { isSkipped } from './with-breaker.ts'

export interface RetryOptions {
  /** Attempts in all, whatever fails. Default: as {@link MAX_ATTEMPTS} and `retryMs` allow. */
  attempts?: number | undefined
  /** Milliseconds for which a busy server is asked again if the call has no deadline. Default {@link MAX_RETRY_MS}. */
  retryMs?: number | undefined
  /** True if another model answers when this one fails. Then a retry does not wait for a server that is down or busy. */
  hasFallback?: boolean
  /** Returns a number between 0 and 1. For tests. */
  random?: () => number
}

/**
 * Attempts that may fail for another reason than a busy server: each of them may cost money. With a fallback, attempts of
 * any kind.
 */
export const MAX_ATTEMPTS = 4

/** How long a busy server is asked again, by a call without a deadline. Milliseconds. */
export const MAX_RETRY_MS = 600_000

/** With a fallback, a longer pause that the server asks for is no reason to wait. Milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000

/** The server is busy and did nothing. It may be so for long, so only time limits the retries. */
const BUSY: ReadonlySet<ModelErrorCode> = new Set<ModelErrorCode>(['model-rate-limit', 'model-overloaded'])

/** Other failures that may pass. Every other failure would happen again, and some of them cost money. */
const RETRIED: ReadonlySet<ModelErrorCode> = new Set<ModelErrorCode>([
  'model-server',
  'model-unreachable',
  'model-timeout',
  'model-cut',
  'model-empty',
  'model-malformed',
])

/** How a call has gone so far. */
interface Failures {
  begunAt: number
  /** Failed attempts in all, and those for another reason than a busy server. */
  all: number
  others: number
}

/**
 * Retries failures that may pass, with full jitter: those of a busy server until the call's deadline, others a few times.
 * A `waiting` event says why and for how long; a `restart` event withdraws the deltas of a failed attempt. The last
 * error says why there was no further attempt.
 */
export function withRetries(source: Source, options: RetryOptions = {}): Source {
  const { attempts, retryMs = MAX_RETRY_MS, hasFallback = false, random } = options

  /** Milliseconds to wait before the next attempt, or why there is none. */
  function next(
    error: ModelError,
    { begunAt, all, others }: Failures,
    { deadline }: GenerateOptions,
  ): number | string | undefined {
    if (!BUSY.has(error.code) && !RETRIED.has(error.code)) return undefined
    if (hasFallback && isSkipped(error)) return undefined
    const counted = attempts !== undefined || hasFallback ? all : others
    if (counted >= (attempts ?? MAX_ATTEMPTS)) return all === 1 ? undefined : `Gave up after ${all} attempts.`
    const { retryAfterMs = 0 } = error
    if (hasFallback && retryAfterMs > MAX_RETRY_AFTER_MS) return undefined
    const pause = retryPause(all, error.retryAfterMs, random)
    const until = deadline ?? begunAt + retryMs
    if (Date.now() + pause < until) return pause
    const limit =
      deadline === undefined ? `${seconds(retryMs)} have gone by (retryMs)` : 'its deadline comes first'
    const asks = retryAfterMs > 0 ? ` The server asks to wait for ${seconds(retryAfterMs)}.` : ''
    return `Gave up after ${all} ${all === 1 ? 'attempt' : 'attempts'} in ${seconds(Date.now() - begunAt)}, because ${limit}.${asks}`
  }

  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      const failures: Failures = { begunAt: Date.now(), all: 0, others: 0 }
      for (;;) {
        const attempt = restartableCall(call)
        try {
          return await source.ask(request, attempt.call)
        } catch (error) {
          // The caller's own abort is not a failure of the model, whatever error the adapter threw.
          call.signal.throwIfAborted()
          if (!isModelError(error)) throw error
          failures.all += 1
          if (!BUSY.has(error.code)) failures.others += 1
          const pause = next(error, failures, call)
          if (pause === undefined) throw error
          if (typeof pause === 'string') throw explained(error, pause)
          attempt.restart(error.message)
          const reason = `${error.status ?? error.code}`
          const text = `${source.id}: ${reason}, retrying in ${seconds(pause)}`
          call.emit({ type: 'waiting', text, ms: Math.round(pause) })
          await sleep(pause, undefined, { signal: call.signal }).catch(() => call.signal.throwIfAborted())
        }
      }
    },
  }
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 100) / 10} s`
}

function explained(error: ModelError, why: string): ModelError {
  const { code, message, status, retryAfterMs } = error
  return new ModelError(code, `${message} ${why}`, {
    cause: error,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
