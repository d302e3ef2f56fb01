import { spawn } from 'node:child_process'
import type { ChildFiles } from '../isolation/child-files.ts'
import type { Layers } from '../isolation/layers.ts'
import { startWrapped } from '../isolation/start-wrapped.ts'
import { ChildBox } from './child-box.ts'

export interface SpawnOptions {
  files: ChildFiles
  layers: Layers
  memoryMb: number
}

/** The runtime's own walls: no files but one folder and the addon, no children, no workers, no network. */
export function permissionArguments(files: ChildFiles): string[] {
  return [
    '--no-node-snapshot', // isolated-vm cannot share a process with the startup snapshot.
    '--no-warnings',
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${files.folder}/`,
    `--allow-fs-read=${files.addon}`,
  ]
}

/** Starts one child. It says `ready` when its isolate and prelude are there. */
export function spawnChild({ files, layers, memoryMb }: SpawnOptions): ChildBox {
  const command = [process.execPath, ...permissionArguments(files), files.main, files.addon, String(memoryMb)]
  return new ChildBox(startWrapped(layers, files, command, memoryMb, spawn))
}
