/** The functions that the snippets call, by name. */
export const tools: Record<string, (args: Record<string, unknown>) => unknown> = {
  echo: (args) => args,
  count: ({ x }) => (x as unknown[]).length,
  fails: () => {
    throw new Error('it failed')
  },
  slow: () => new Promise(() => {}),
  constructor: () => 'constructor',
  thenable: () => Object.fromEntries([['then', 'not a function']]),
}
