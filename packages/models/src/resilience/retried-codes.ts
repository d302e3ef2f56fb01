import type { ModelErrorCode } from '@bailiwick/contract'

/** What may be gone the next time. Everything else fails the same way again, and some of it costs money. */
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

/** Whether the same request may succeed when it is sent again. */
export function isRetried(code: ModelErrorCode): boolean {
  return RETRIED.has(code)
}

/** What says that the server itself is in trouble, not this request. A rate limit is a server in good health. */
const OUTAGES: ReadonlySet<ModelErrorCode> = new Set<ModelErrorCode>([
  'model-overloaded',
  'model-server',
  'model-unreachable',
  'model-timeout',
])

/** Whether a server that keeps failing so is better left alone for a while. */
export function isOutage(code: ModelErrorCode): boolean {
  return OUTAGES.has(code)
}
