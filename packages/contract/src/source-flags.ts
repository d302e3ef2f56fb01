/**
 * Flags for a Node child process. With them, it runs the packages of the workspace from source if this process does.
 * Empty in an installed package.
 */
export const SOURCE_FLAGS: readonly string[] = process.execArgv.filter((flag) =>
  flag.startsWith('--conditions='),
)
