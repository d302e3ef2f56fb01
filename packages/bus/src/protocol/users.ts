/** The user whose requests concern all runs: the operator of the daemon. */
export const OPERATOR = 'user'

const NAMED = `${OPERATOR}-`

/** A named user's name on the bus: `user-alice`. It has its own files, requests and runs. */
export function namedUser(name: string): string {
  return `${NAMED}${name}`
}

/** Whether this is the name of a named user on the bus. */
export function isNamedUser(user: string): boolean {
  return user.startsWith(NAMED)
}

/** Name of readers that see prompts. With the other readers' name, those could subscribe to their inboxes. */
export const PROMPT_READER = 'reader_prompts'

/** Whether this is the name of a reader that sees prompts. */
export function isPromptReader(user: string): boolean {
  return user === PROMPT_READER || user.startsWith(`${PROMPT_READER}-`)
}

/** The owner whose events and live texts a connection may read: a named user itself, for other users `*`. */
export function readableOwner(connection: { readonly user: string | undefined }): string {
  const asker = askerOn(connection)
  return asker === OPERATOR ? '*' : asker
}

/** The user of a connection's requests about runs: a named user itself, otherwise the operator. */
export function askerOn(connection: { readonly user: string | undefined }): string {
  return connection.user !== undefined && isNamedUser(connection.user) ? connection.user : OPERATOR
}
