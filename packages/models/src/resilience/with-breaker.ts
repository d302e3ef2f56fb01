import { once } from 'node:events'
import type { Model } from '@bailiwick/core/contract'
import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
} from 'cockatiel'
import { isModelError } from '../is-model-error.ts'
import { circuitOpen } from './circuit-open.ts'
import { passThrough } from './pass-through.ts'
import { isOutage } from './retried-codes.ts'

/** Twice a call's attempts: one call alone never breaks the circuit for the others. */
const FAILURES = 8
const LEFT_ALONE_MS = 10_000

interface Breaker {
  policy: CircuitBreakerPolicy
  /** When it is asked again, unix milliseconds. */
  openUntil: number
}

/** By the server's address: every model of a server that is down is down. */
const breakers = new Map<string, Breaker>()

/**
 * Leaves a server alone that fails again and again, instead of letting every task wait for its timers. After
 * {@link LEFT_ALONE_MS} one call tries it; the others wait for its outcome.
 */
export function withBreaker(model: Model, server: string): Model {
  const breaker = breakerOf(server)
  return {
    id: model.id,
    generate: (request, call) =>
      passThrough(async () => {
        const outcome = Promise.withResolvers<void>()
        // Nobody listens to the outcome of a call that was not admitted.
        outcome.promise.catch(() => undefined)
        try {
          await admission(breaker, model.id, outcome.promise, call.signal)
        } catch (error) {
          outcome.reject(error)
          throw error
        }
        return {
          events: model.generate(request, call),
          leave: (failure) => (failure === undefined ? outcome.resolve() : outcome.reject(failure.error)),
        }
      }),
  }
}

/** Resolves when the call may be made; `outcome` then tells the breaker how it went. */
async function admission(
  breaker: Breaker,
  model: string,
  outcome: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const { policy } = breaker
  const admitted = Promise.withResolvers<void>()
  policy
    .execute(() => {
      admitted.resolve()
      return outcome
    })
    .catch((error: unknown) => {
      const left = Math.max(0, breaker.openUntil - Date.now())
      const last = policy.lastFailure
      const said = last !== undefined && 'error' in last ? last.error : undefined
      admitted.reject(
        error instanceof Error && isBrokenCircuitError(error) ? circuitOpen(model, left, said) : error,
      )
    })
  // Who waits for another call's outcome can be aborted all the same.
  using listening = abortOf(signal)
  await Promise.race([admitted.promise, listening.aborted])
}

function abortOf(signal: AbortSignal): Disposable & { aborted: Promise<never> } {
  const done = new AbortController()
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => {
    throw signal.reason
  })
  // Settles when nobody waits any more.
  aborted.catch(() => undefined)
  return { aborted, [Symbol.dispose]: () => done.abort() }
}

function breakerOf(server: string): Breaker {
  const known = breakers.get(server)
  if (known !== undefined) return known
  const policy = circuitBreaker(
    handleWhen((error) => isModelError(error) && isOutage(error.code)),
    { breaker: new ConsecutiveBreaker(FAILURES), halfOpenAfter: LEFT_ALONE_MS },
  )
  const breaker: Breaker = { policy, openUntil: 0 }
  policy.onBreak(() => {
    breaker.openUntil = Date.now() + LEFT_ALONE_MS
  })
  breakers.set(server, breaker)
  return breaker
}
