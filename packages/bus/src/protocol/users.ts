/** The user whose requests concern all runs: the operator of the daemon. */
export const OPERATOR = 'user'

const NAMED = `${OPERATOR}-`

/** A named user's name on the bus: `user-alice`. It has its own files, requests and runs. */
export function namedUser(name: string): string {
  return `${NAMED}${name}`
}

/** The owner whose events and live texts a connection may read: a named user itself, for other users `*`. */
export function readableOwner(connection: { readonly user: string | undefined }): string {
  const asker = askerOn(connection)
  return asker === OPERATOR ? '*' : asker
}

/** The user of a connection's requests about runs: a named user itself, otherwise the operator. */
export function askerOn(connection: { readonly user: string | undefined }): string {
  return connection.user?.startsWith(NAMED) ? connection.user : OPERATOR
}
