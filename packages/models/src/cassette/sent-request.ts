import { normaliseRequest } from './normalise-request.ts'

/** Path and normalised body of what a client is about to send. The address and the headers stay out: keys are there. */
export function sentRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
): { path: string; request: unknown } {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  const body = init?.body
  return { path: pathname, request: typeof body === 'string' ? normaliseRequest(JSON.parse(body)) : null }
}
