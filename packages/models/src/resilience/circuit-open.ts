import { ModelError } from '@bailiwick/contract'
import { BrokenCircuitError, isBrokenCircuitError } from 'cockatiel'

/** The error of a call that was not made, because the server has failed too often in a row. */
export function circuitOpen(model: string, leftMs: number, last: unknown): ModelError {
  const why = last instanceof Error ? ` It said last: ${last.message}` : ''
  return new ModelError(
    'model-overloaded',
    `${model} was not asked: its server failed so often that it is left alone for ${Math.ceil(leftMs / 1000)} s.${why}`,
    { cause: new BrokenCircuitError(), retryAfterMs: leftMs },
  )
}

/** Whether a call failed without having been made. */
export function isCircuitOpen(error: ModelError): boolean {
  return error.cause instanceof Error && isBrokenCircuitError(error.cause)
}
