/**
 * Flags for a Node child process, so that it runs workspace packages from source if this process does. Empty in an
 * installed package.
 */
export const SOURCE_FLAGS: readonly string[] = process.execArgv.filter((flag) =>
  flag.startsWith('--conditions='),
)
