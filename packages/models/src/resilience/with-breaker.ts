import { isModelError, ModelError, type ModelErrorCode, type ModelReply } from '@bailiwick/contract'
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  type IHalfOpenAfterBackoffContext,
  isBrokenCircuitError,
} from 'cockatiel'
import type { Source } from '../source.ts'

/** Twice the attempts of a call, so that one call at a server that fails never opens the circuit for the others. */
const MAX_FAILURES = 8
const OPEN_MS = 10_000

/** Failures of the server itself, not of the request. A rate limit comes from a healthy server. */
const OUTAGES: ReadonlySet<ModelErrorCode> = new Set<ModelErrorCode>([
  'model-overloaded',
  'model-server',
  'model-unreachable',
  'model-timeout',
])

interface Breaker {
  policy: CircuitBreakerPolicy
  /** When the server is asked again, in unix milliseconds. */
  openUntil: number
}

/** By the server's address: if a server is down, all its models are. */
const breakers = new Map<string, Breaker>()

/**
 * Skips a server that failed {@link MAX_FAILURES} times in a row, so that not every task waits for its timers. After
 * {@link OPEN_MS} one call tries the server while the others wait for the outcome.
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
        // At most the whole time, because the clock may have been set back.
        const leftMs = Math.min(Math.max(0, breaker.openUntil - Date.now()), OPEN_MS)
        throw skipped(source.id, leftMs, last && 'error' in last ? last.error : undefined)
      }
    },
  }
}

/** True for the error of a call that was not made because the circuit is open. */
export function isSkipped(error: ModelError): boolean {
  return error.cause instanceof Error && isBrokenCircuitError(error.cause)
}

function skipped(model: string, leftMs: number, last: unknown): ModelError {
  const why = last instanceof Error ? ` Last error: ${last.message}` : ''
  return new ModelError(
    'model-overloaded',
    `Skipped ${model}: its server failed ${MAX_FAILURES} times in a row and is tried again in ${Math.ceil(leftMs / 1000)} s.${why}`,
    { cause: new BrokenCircuitError(), retryAfterMs: leftMs },
  )
}

/** Executes a call within the policy. A call that waits for another one's outcome can still be aborted. */
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
      // The call itself handles an abort from here on, after it has closed its socket.
      stopWaiting()
      const askUnlessAborted = async () => {
        signal.throwIfAborted()
        return await ask()
      }
      return policy.state === CircuitState.HalfOpen ? runTrial(signal, askUnlessAborted) : askUnlessAborted()
    })
    return await Promise.race([outcome, aborted.promise])
  } catch (error) {
    throw isAbortedTrial(error) ? error.cause : error
  } finally {
    stopWaiting()
  }
}

/** The outcome of a trial that its own caller aborted. It says nothing about the server. */
class AbortedTrial extends Error {}

function isAbortedTrial(error: unknown): error is AbortedTrial {
  return error instanceof AbortedTrial
}

async function runTrial<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw signal.aborted ? new AbortedTrial('the caller aborted the trial', { cause: error }) : error
  }
}

/** After an aborted trial, the next call is the trial. */
function openMsAfter({ result }: IHalfOpenAfterBackoffContext): number {
  return 'error' in result && isAbortedTrial(result.error) ? 0 : OPEN_MS
}

function breakerOf(server: string): Breaker {
  const known = breakers.get(server)
  if (known !== undefined) return known
  const policy = circuitBreaker(
    handleWhen((error) => isAbortedTrial(error) || (isModelError(error) && OUTAGES.has(error.code))),
    { breaker: new ConsecutiveBreaker(MAX_FAILURES), halfOpenAfter: new DelegateBackoff(openMsAfter) },
  )
  const breaker: Breaker = { policy, openUntil: 0 }
  policy.onBreak(() => {
    breaker.openUntil = Date.now() + OPEN_MS
  })
  breakers.set(server, breaker)
  return breaker
}
