import type { ModelRequest } from '@bailiwick/contract'

/** A request as one readable text, for whoever answers without a server. */
export function showPrompt(request: ModelRequest): string {
  return request.messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n\n')
}
