import { spawn } from 'node:child_process'
import { ChildBox } from './child-box.ts'
import type { ChildFiles } from './child-files.ts'

/** Zone and locale are part of the world; nothing else is in the child's environment. */
export const CHILD_ENVIRONMENT = Object.freeze({ TZ: 'UTC', LC_ALL: 'en_US.UTF-8' })

export interface SpawnOptions {
  files: ChildFiles
  wrap: (command: string[], memoryMb: number) => string[]
  memoryMb: number
  /** Characters of the longest text that a child may send. */
  maxText: number
}

/** The runtime's own walls: no files but one folder and the addon, no children, workers or network. */
export function childArguments(files: ChildFiles, memoryMb: number): string[] {
  return [
    '--no-node-snapshot',
    '--no-warnings',
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${files.folder}/`,
    `--allow-fs-read=${files.addon}`,
    // The child itself holds frames only; the guest's heap is its isolate's.
    '--max-old-space-size=512',
    files.main,
    files.addon,
    String(memoryMb),
  ]
}

/** Starts one child. It says `ready` when its isolate and prelude are there. */
export function spawnChild({ files, wrap, memoryMb, maxText }: SpawnOptions): ChildBox {
  const [command = '', ...args] = wrap([process.execPath, ...childArguments(files, memoryMb)], memoryMb)
  const child = spawn(command, args, {
    env: CHILD_ENVIRONMENT,
    cwd: files.folder,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  return new ChildBox(child, maxText, () => child.pid)
}
