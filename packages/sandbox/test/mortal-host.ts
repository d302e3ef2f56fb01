/**
 * Starts sandboxes at once and kills itself as soon as a container says that its first process is there, which is
 * when it sets up the second: `node mortal-host.ts <layers as JSON> <memory in MB>`.
 */
import type { Readable } from 'node:stream'
import { childFiles } from '../src/isolation/child-files.ts'
import { permissionArguments } from '../src/isolation/layers.ts'
import { startWrapped } from '../src/isolation/start-wrapped.ts'

const INFO_FD = 5
const [layers = '', memoryMb = ''] = process.argv.slice(2)
const files = childFiles()
const command = [process.execPath, ...permissionArguments(files), files.main, files.addon, memoryMb]
for (let n = 0; n < 8; n += 1) {
  const { child } = startWrapped(JSON.parse(layers), files, command, Number(memoryMb))
  const info = (child.stdio as unknown as Readable[])[INFO_FD]
  info?.on('data', () => process.kill(process.pid, 'SIGKILL'))
}
