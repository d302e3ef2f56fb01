import { createHash } from 'node:crypto'
import type { permissionsFor } from '@bailiwick/bus'

/** A process that the daemon keeps running. */
export interface ChildSpec {
  /** Unique in the daemon: `toolbox`, `agent-analyst-1`. Its log and its pid file have this name. */
  name: string
  /** The JavaScript file that Node runs. */
  script: string
  args: string[]
  /** Options of Node. */
  nodeArgs?: readonly string[]
  /** Its whole environment. */
  env: Record<string, string>
  cwd: string
  /** Its rights on the bus. A process with other rights is never adopted. */
  rights?: ReturnType<typeof permissionsFor>
}

/** A digest of everything that a child is started with. The next daemon adopts a child only if it is the same. */
export function childSignature(spec: ChildSpec): string {
  const env = Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(
      JSON.stringify([process.execPath, spec.nodeArgs, spec.script, spec.args, env, spec.cwd, spec.rights]),
    )
    .digest('hex')
    .slice(0, 16)
}
