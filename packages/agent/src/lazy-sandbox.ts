import type { Sandbox } from '@bailiwick/core/contract'

/** A sandbox that starts no process before its first world is opened, or `warm` is called. */
export function lazySandbox(): Sandbox & { warm(): void } {
  let starting: Promise<Sandbox> | undefined
  let isolation: Sandbox['isolation'] = 'process'
  const start = () => {
    starting ??= import('@bailiwick/sandbox').then(async ({ createSandbox }) => {
      const sandbox = await createSandbox()
      isolation = sandbox.isolation
      return sandbox
    })
    return starting
  }
  return {
    get isolation() {
      return isolation
    },
    open: async (world, signal) => (await start()).open(world, signal),
    warm() {
      start().catch(() => {}) // The first world that is opened meets it again, and tells.
    },
    async [Symbol.asyncDispose]() {
      const sandbox = await starting?.catch(() => undefined)
      await sandbox?.[Symbol.asyncDispose]()
    },
  }
}
