/**
 * Starts children and kills itself once a container reports its first process, which then sets up the second:
 * `node mortal-host.ts <layers, files and memoryMb as JSON>`.
 */
import type { Readable } from 'node:stream'
import { permissionArguments } from '../src/isolation/layers.ts'
import { startWrapped } from '../src/isolation/start-wrapped.ts'

const INFO_FD = 5
const { layers, files, memoryMb } = JSON.parse(process.argv[2] ?? '')
const command = [process.execPath, ...permissionArguments(files), files.main, files.addon, String(memoryMb)]
for (let n = 0; n < 8; n += 1) {
  const { child } = startWrapped(layers, files, command, memoryMb)
  const info = (child.stdio as unknown as Readable[])[INFO_FD]
  info?.on('data', () => process.kill(process.pid, 'SIGKILL'))
}
