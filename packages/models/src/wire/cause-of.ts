import type { ModelError } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import type { Exchange } from './exchange.ts'
import type { Asked } from './server-errors.ts'

/**
 * Why a client threw: what the exchange knows comes first, since the client's error is often only its
 * echo. The caller's own abort reason is handed on as it is.
 */
export function causeOf(
  exchange: Exchange,
  error: unknown,
  translate: (asked: Asked, error: unknown) => ModelError,
): unknown {
  if (exchange.failure === undefined) return translate(exchange.asked, error)
  const { cause } = exchange.failure
  return isModelError(cause) ? translate(exchange.asked, cause) : cause
}
