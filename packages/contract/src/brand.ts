/** The product's name in its four forms. To rename the project, change this file and the package names. */
export const BRAND = {
  /** The command, and the name in messages. */
  command: 'bailiwick',
  /** The npm scope of the packages. */
  scope: '@bailiwick',
  /** First tokens of every subject on the bus. The version changes if the meaning of a subject changes. */
  subjects: 'bailiwick.v1',
  /** Prefix of every CloudEvents `type`. */
  events: 'dev.bailiwick',
} as const
