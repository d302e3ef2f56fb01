import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Sandbox, Session, StepHost, World } from '../../packages/contract/src/world.ts'

const root = fileURLToPath(new URL('../../packages/sandbox/', import.meta.url))

interface WrappedChild {
  child: ChildProcess
  leafPid(): number | undefined
}

type Layers = Record<string, boolean>

/** The built package of this checkout. */
export const sandboxPackage: {
  createSandbox(options?: object): Promise<Sandbox>
  probeIsolation(): Promise<{ isolation: string; layers: Layers }>
} = await import(pathToFileURL(`${root}dist/index.js`).href)

const built = (file: string) => import(pathToFileURL(`${root}dist/isolation/${file}`).href)
const [{ startWrapped }, { permissionArguments }, { childFiles }] = await Promise.all([
  built('start-wrapped.js'),
  built('layers.js'),
  built('child-files.js'),
])

/** Starts Node as the sandbox starts its child: with the same walls, flags and descriptors, but other arguments. */
export function startBare(layers: Layers, args: readonly string[]): WrappedChild {
  const files = childFiles()
  const command = [process.execPath, ...permissionArguments(files), ...args]
  return startWrapped(layers, files, command, 256)
}

/** Loads a dependency of the sandbox, for comparisons. */
export const requireOfSandbox = createRequire(`${root}package.json`)

export const sandboxFolder = root

export const quietHost: StepHost = {
  signal: new AbortController().signal,
  now: Date.now,
  call: async ({ id }) => ({ id, ms: 0, ok: true, value: 1 }),
}

/** Opens a world with one tool, `call`. Returns a function that runs the next step. */
export async function openSession(sandbox: Sandbox, world: Partial<World> = {}) {
  const session: Session = await sandbox.open({
    inputs: {},
    functions: [{ name: 'call', description: '', input: {} }],
    imports: [],
    seed: 'bench',
    ...world,
  })
  let step = 0
  const run = (code: string, host = quietHost) => {
    step += 1
    return session.execute({ step, code, clock: Date.now() }, host)
  }
  return { session, run }
}
