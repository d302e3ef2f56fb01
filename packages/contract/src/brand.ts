/**
 * The product's name, in the four forms it is used in. Renaming the project means changing this file
 * and the package names.
 */
export const BRAND = {
  /** The command, and the word in messages. */
  command: 'bailiwick',
  /** The npm scope of the packages. */
  scope: '@bailiwick',
  /** First tokens of every subject on the bus; the version changes when a subject's meaning does. */
  subjects: 'bailiwick.v1',
  /** Prefix of every CloudEvents `type`. */
  events: 'dev.bailiwick',
} as const
