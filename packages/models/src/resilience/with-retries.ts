import { setTimeout as sleep } from 'node:timers/promises'
import { type GenerateOptions, ModelError, type ModelReply } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import { voidable } from '../restartable-call.ts'
import type { Source } from '../source.ts'
import { isCircuitOpen } from './circuit-open.ts'
import { isRetried } from './retried-codes.ts'
import { retryPause } from './retry-pause.ts'

export interface RetryOptions {
  /** Attempts in all. Default 4. */
  attempts?: number | undefined
  /** Somebody else answers when this model does not: then a server that is known to be down is not waited for. */
  hasFallback?: boolean
  /** Between 0 and 1. For tests. */
  random?: () => number
}

const ATTEMPTS = 4

/**
 * Asks again, with full jitter, after failures that may pass, inside the call's deadline. Deltas of a broken
 * attempt are declared void by a `restart` event. What fails in the end names the number of attempts.
 */
export function withRetries(source: Source, options: RetryOptions = {}): Source {
  const { attempts = ATTEMPTS, hasFallback = false, random } = options

  /** How long to wait before asking again; `undefined` for not at all. */
  function pauseAfter(error: ModelError, failed: number, { deadline }: GenerateOptions): number | undefined {
    if (failed >= attempts || !isRetried(error.code)) return undefined
    if (hasFallback && isCircuitOpen(error)) return undefined
    const pause = retryPause(failed, error.retryAfterMs, random)
    const tooLate = pause !== undefined && deadline !== undefined && Date.now() + pause >= deadline
    return tooLate ? undefined : pause
  }

  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      for (let failed = 1; ; failed++) {
        const attempt = voidable(call)
        try {
          return await source.ask(request, attempt.call)
        } catch (error) {
          // The caller's own abort is no failure of the model, whatever the adapter made of it.
          call.signal.throwIfAborted()
          if (!isModelError(error)) throw error
          const pause = pauseAfter(error, failed, call)
          if (pause === undefined) throw failed === 1 ? error : afterAttempts(error, failed)
          attempt.void(error.message)
          await sleep(pause, undefined, { signal: call.signal }).catch(() => call.signal.throwIfAborted())
        }
      }
    },
  }
}

function afterAttempts(error: ModelError, attempts: number): ModelError {
  const { code, message, status, retryAfterMs } = error
  return new ModelError(code, `${message} It was asked ${attempts} times.`, {
    cause: error,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}
