/** Whose requests about runs concern all runs: who runs the daemon, and whoever was given its credentials. */
export const OPERATOR = 'user'

const NAMED = `${OPERATOR}-`

/** A named user, as the bus knows it: `user-alice`. Its files, its requests and its runs are its own. */
export function namedUser(name: string): string {
  return `${NAMED}${name}`
}

/** Whose events and live texts a connection may read: a named user its own, everybody else all (`*`). */
export function readableOwner(connection: { readonly user: string | undefined }): string {
  const asker = askerOn(connection)
  return asker === OPERATOR ? '*' : asker
}

/** Who asks on a connection: a named user as itself, any other as the operator. */
export function askerOn(connection: { readonly user: string | undefined }): string {
  return connection.user?.startsWith(NAMED) ? connection.user : OPERATOR
}
