/** What the toolbox reads and keeps for one call. Bytes. */
export const FILE_LIMITS = {
  /** One file that is read whole. */
  read: 64 * 2 ** 20,
  /** One file that is written. */
  write: 32 * 2 ** 20,
  /** All files of one query or chart. */
  tables: 64 * 2 ** 20,
  /** Characters that `readFile` gives at a time. */
  characters: 4_000_000,
} as const
