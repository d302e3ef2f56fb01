import { readFileSync } from 'node:fs'
import { DEFAULT_SANDBOX_LIMITS, type Sandbox, type SandboxLimits } from '@bailiwick/core/contract'
import { childFiles } from '../parent/child-files.ts'
import { WorldSession } from '../parent/session.ts'
import { InlineBox } from './inline-box.ts'

/**
 * A sandbox without a sandbox: guest code runs in this process and on this thread. For tests of what
 * stands around it, never for code that you do not trust. Memory and CPU limits do not act.
 *
 * @example
 * await using sandbox = inlineSandbox()
 */
export function inlineSandbox(options: { limits?: Partial<SandboxLimits> } = {}): Sandbox {
  const prelude = readFileSync(childFiles().prelude, 'utf8')
  const limits = { ...DEFAULT_SANDBOX_LIMITS, ...options.limits }
  return {
    isolation: 'inline',
    async open(world, signal) {
      signal?.throwIfAborted()
      const session = new WorldSession({
        world,
        limits: { ...limits, ...world.limits },
        take: () => new InlineBox(prelude, limits.memoryMb),
        bundles: async (names) => names.map((name) => ({ name, refused: `"${name}" is not granted` })),
        left: () => {},
      })
      await session.start()
      return session
    },
    async [Symbol.asyncDispose]() {},
  }
}
