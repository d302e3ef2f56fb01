import type { ModelReply } from '@bailiwick/contract'
import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  type IHalfOpenAfterBackoffContext,
  isBrokenCircuitError,
} from 'cockatiel'
import { isModelError } from '../is-model-error.ts'
import type { Source } from '../source.ts'
import { circuitOpen } from './circuit-open.ts'
import { isOutage } from './retried-codes.ts'
import { asTrial, isGivenUp } from './trial.ts'

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
export function withBreaker(source: Source, server: string): Source {
  const breaker = breakerOf(server)
  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      try {
        return await execute(breaker.policy, call.signal, () => source.ask(request, call))
      } catch (error) {
        if (!(error instanceof Error && isBrokenCircuitError(error))) throw error
        const last = breaker.policy.lastFailure
        const left = Math.max(0, breaker.openUntil - Date.now())
        throw circuitOpen(source.id, left, last && 'error' in last ? last.error : undefined)
      }
    },
  }
}

/** Within the policy. Who waits for another call's outcome can be aborted all the same. */
async function execute<T>(
  policy: CircuitBreakerPolicy,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const stopWaiting = () => signal.removeEventListener('abort', onAbort)
  try {
    const outcome = policy.execute(() => {
      // From here on an abort is the call's own to answer, once its socket is closed.
      stopWaiting()
      const askUnlessAborted = async () => {
        signal.throwIfAborted()
        return await ask()
      }
      return policy.state === CircuitState.HalfOpen ? asTrial(signal, askUnlessAborted) : askUnlessAborted()
    })
    return await Promise.race([outcome, aborted.promise])
  } catch (error) {
    throw isGivenUp(error) ? error.cause : error
  } finally {
    stopWaiting()
  }
}

/** After a trial that was given up the next call is the trial. */
function pauseAfter({ result }: IHalfOpenAfterBackoffContext): number {
  return 'error' in result && isGivenUp(result.error) ? 0 : LEFT_ALONE_MS
}

function breakerOf(server: string): Breaker {
  const known = breakers.get(server)
  if (known !== undefined) return known
  const policy = circuitBreaker(
    handleWhen((error) => isGivenUp(error) || (isModelError(error) && isOutage(error.code))),
    { breaker: new ConsecutiveBreaker(FAILURES), halfOpenAfter: new DelegateBackoff(pauseAfter) },
  )
  const breaker: Breaker = { policy, openUntil: 0 }
  policy.onBreak(() => {
    breaker.openUntil = Date.now() + LEFT_ALONE_MS
  })
  breakers.set(server, breaker)
  return breaker
}
