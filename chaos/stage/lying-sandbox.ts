/**
 * Stands in for `@bailiwick/sandbox` in the host of the agent `liar`: the first child of each task is a script that breaks
 * the protocol in some way. If it dies, or the task opens another world, a true child takes its place.
 */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { DEFAULT_SANDBOX_LIMITS, type Sandbox } from '@bailiwick/contract/world'
import { childFiles } from '../../packages/sandbox/src/isolation/child-files.ts'
import { permissionArguments } from '../../packages/sandbox/src/isolation/layers.ts'
import { probeIsolation } from '../../packages/sandbox/src/isolation/probe-isolation.ts'
import { startWrapped } from '../../packages/sandbox/src/isolation/start-wrapped.ts'
import { BundleCache } from '../../packages/sandbox/src/modules/bundle-cache.ts'
import { ChildBox, spawnChild } from '../../packages/sandbox/src/parent/child-box.ts'
import { startSession } from '../../packages/sandbox/src/parent/session.ts'

const SCRIPT = join(import.meta.dirname, '../../packages/sandbox/test/fuzz/lying-child.cjs')

export async function createSandbox(): Promise<Sandbox> {
  const { isolation, layers } = await probeIsolation()
  const files = childFiles()
  const lies = JSON.parse(execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8' })) as string[]
  const { memoryMb, residentMb } = DEFAULT_SANDBOX_LIMITS
  const honest = () => spawnChild({ files, layers, memoryMb, residentMb })
  const liar = { ...files, folder: dirname(SCRIPT), main: SCRIPT }
  const lying = (lie: string) => {
    const command = [process.execPath, ...permissionArguments(liar), SCRIPT, lie]
    return new ChildBox(startWrapped(layers, liar, command, memoryMb), residentMb)
  }
  /** Seeds of tasks whose child has lied. */
  const lied = new Set<string>()
  return {
    isolation,
    async open(world, signal) {
      signal?.throwIfAborted()
      // The same task meets the same lie on every host.
      const place = Number.parseInt(hash('sha256', world.seed).slice(0, 8), 16) % lies.length
      const boxes = lied.has(world.seed) ? [] : [lying(lies[place] ?? '')]
      lied.add(world.seed)
      const parts = {
        world,
        limits: { ...DEFAULT_SANDBOX_LIMITS, ...world.limits },
        take: () => boxes.pop() ?? honest(),
        modules: new BundleCache(),
        engine: () => 'lying',
        left: () => {},
      }
      return startSession(parts, signal)
    },
    async [Symbol.asyncDispose]() {},
  }
}
