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
  /** Attempts in all. Default 4. */
  attempts?: number | undefined
  /** True if another model answers when this one fails. Then a retry does not wait for a server that is down. */
  hasFallback?: boolean
  /** Returns a number between 0 and 1. For tests. */
  random?: () => number
}

const DEFAULT_ATTEMPTS = 4

/** Failures that may pass. Every other failure would happen again, and some of them cost money. */
const RETRIED: ReadonlySet<ModelErrorCode> = new Set<ModelErrorCode>([
  'model-rate-limit',
  'model-overloaded',
  'model-server',
  'model-unreachable',
  'model-timeout',
  'model-cut',
  'model-empty',
  'model-malformed',
])

/**
 * Retries failures that may pass, with full jitter and within the call's deadline. A `restart` event withdraws the
 * deltas of a failed attempt. The last error names the number of attempts.
 */
export function withRetries(source: Source, options: RetryOptions = {}): Source {
  const { attempts = DEFAULT_ATTEMPTS, hasFallback = false, random } = options

  /** Milliseconds to wait before the next attempt; undefined for no retry. */
  function pauseAfter(error: ModelError, failed: number, { deadline }: GenerateOptions): number | undefined {
    if (failed >= attempts || !RETRIED.has(error.code)) return undefined
    if (hasFallback && isSkipped(error)) return undefined
    const pause = retryPause(failed, error.retryAfterMs, random)
    const isTooLate = pause !== undefined && deadline !== undefined && Date.now() + pause >= deadline
    return isTooLate ? undefined : pause
  }

  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      for (let failed = 1; ; failed++) {
        const attempt = restartableCall(call)
        try {
          return await source.ask(request, attempt.call)
        } catch (error) {
          // The caller's own abort is not a failure of the model, whatever error the adapter threw.
          call.signal.throwIfAborted()
          if (!isModelError(error)) throw error
          const pause = pauseAfter(error, failed, call)
          if (pause === undefined) throw failed === 1 ? error : withAttempts(error, failed)
          attempt.restart(error.message)
          await sleep(pause, undefined, { signal: call.signal }).catch(() => call.signal.throwIfAborted())
        }
      }
    },
  }
}

function withAttempts(error: ModelError, attempts: number): ModelError {
  const { code, message, status, retryAfterMs } = error
  return new ModelError(code, `${message} Gave up after ${attempts} attempts.`, {
    cause: error,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
