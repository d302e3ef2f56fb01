import { createHash } from 'node:crypto'
import type { permissionsFor } from '@bailiwick/bus'

/** A process that the daemon keeps running. */
export interface ChildSpec {
  /** Unique in the daemon: `toolbox`, `analyst-1`. Names its log and its pid file. */
  name: string
  /** The JavaScript file that Node runs. */
  script: string
  args: string[]
  /** Its whole environment. */
  env: Record<string, string>
  cwd: string
  /** What it may do on the bus: a process is never kept with other rights than it has now. */
  rights?: ReturnType<typeof permissionsFor>
}

/**
 * What a child was started with, as a digest: a child that lives from a daemon before is adopted only if
 * nothing of it has changed.
 */
export function childSignature(spec: ChildSpec): string {
  const env = Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([process.execPath, spec.script, spec.args, env, spec.cwd, spec.rights]))
    .digest('hex')
    .slice(0, 16)
}
