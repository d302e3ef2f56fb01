import { ModelError } from '@bailiwick/contract'
import type { Asked } from './server-errors.ts'

/** The error for a request that got no response at all. */
export function describeUnreachable(asked: Asked, error: unknown): ModelError {
  const reason = innermostReason(error)
  return new ModelError(
    'model-unreachable',
    `${asked.model} at ${asked.url} cannot be reached (${reason}). Is the server running, and is the address right?`,
    { cause: error },
  )
}

/** An address as it may stand in messages and logs: no credentials, no query. */
export function withoutSecrets(url: string | URL): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** `fetch failed` says nothing; its cause does, and an AggregateError's first member. */
export function innermostReason(error: unknown): string {
  let current = error
  while (current instanceof Error && current.cause instanceof Error) current = current.cause
  if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0]
  if (!(current instanceof Error)) return String(current)
  return 'code' in current && typeof current.code === 'string' ? current.code : current.message
}
