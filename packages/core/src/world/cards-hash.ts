import type { GuestFunction } from '@bailiwick/contract'

/** SHA-256 of the names and schemas of what code can call, base64url: others may take other arguments. */
export function cardsHash(functions: readonly GuestFunction[]): string {
  const { hash } = process.getBuiltinModule('node:crypto')
  const cards = functions.map(({ name, input, access }) => [name, input, ...(access ? [access] : [])])
  return hash('sha256', JSON.stringify(cards), 'base64url')
}
