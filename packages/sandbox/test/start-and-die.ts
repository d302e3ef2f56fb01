/** A host that dies while its container is being made: `node start-and-die.ts <memory in MB> <layers as JSON>`. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { childFiles } from '../src/parent/child-files.ts'
import { startWrapped } from '../src/parent/start-wrapped.ts'

const [memoryMb, layers = ''] = process.argv.slice(2)
const command = [process.execPath, childFiles().main, childFiles().addon, String(memoryMb)]
const { child } = startWrapped(JSON.parse(layers), childFiles(), command, Number(memoryMb), spawn)
// It has read its filter, and makes its namespaces next.
const die = () =>
  existsSync(`/proc/${child.pid}/fd/6`) ? setImmediate(die) : process.kill(process.pid, 'SIGKILL')
child.stdio[6]?.once('finish', die)
