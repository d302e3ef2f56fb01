import type { Sandbox } from '@bailiwick/contract'

/** The minimum isolation that is accepted. */
export type RequiredIsolation = 'process' | 'confined'

/** A sandbox that starts its first process when its first world is opened, or when `warm` is called. */
export function lazySandbox(
  requireIsolation: RequiredIsolation = 'process',
): Sandbox & { warm(): Promise<void> } {
  let starting: Promise<Sandbox> | undefined
  let isolation: Sandbox['isolation'] = 'process'
  const start = () => {
    starting ??= import('@bailiwick/sandbox').then(async ({ createSandbox }) => {
      const sandbox = await createSandbox({ requireIsolation })
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
    async warm() {
      await start()
    },
    async [Symbol.asyncDispose]() {
      const sandbox = await starting?.catch(() => undefined)
      await sandbox?.[Symbol.asyncDispose]()
    },
  }
}
