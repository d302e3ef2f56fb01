/** The subjects that the sandbox is compared with: bare V8, bare pipes, bare Node and another engine. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Script } from 'node:vm'
import { requireOfSandbox, sandboxFolder, sandboxPackage, startBare } from './open-session.ts'

/** Each round needs a fresh name, because a script can declare a top-level name only once. */
export const FIB = (round: number) =>
  `function fib${round}(n) { return n < 2 ? n : fib${round}(n - 1) + fib${round}(n - 2) }\nfib${round}(25)`
export const SUM = (round: number) =>
  `let sum${round} = 0\nfor (let i = 0; i < 1e7; i++) sum${round} += i\nsum${round}`

/** Runs the same source in this process, in plain V8. */
export function plainV8(code: string): void {
  new Script(code).runInThisContext()
}

/** A child that parses each line and answers with one, on the same descriptors and with the same reads as the sandbox's. */
const ECHO = `
  const { readSync, writeSync } = require('node:fs')
  const chunk = Buffer.allocUnsafe(65536)
  let held = ''
  for (let size = readSync(3, chunk); size > 0; size = readSync(3, chunk)) {
    held += chunk.toString('utf8', 0, size)
    for (let end = held.indexOf('\\n'); end >= 0; end = held.indexOf('\\n')) {
      writeSync(4, JSON.stringify(JSON.parse(held.slice(0, end))) + '\\n')
      held = held.slice(end + 1)
    }
  }`
const LINE = `${JSON.stringify({ type: 'outcome', id: '1.1', ok: true, value: '1', clock: 1 })}\n`

/** Makes round trips of one line of JSON over bare pipes to a child behind the same walls as the sandbox's. */
export async function rawPipe(): Promise<{ once(): Promise<void>; close(): void }> {
  const { layers } = await sandboxPackage.probeIsolation()
  const { child, leafPid } = startBare(layers, ['-e', ECHO])
  const input = child.stdio[3] as NodeJS.WritableStream
  const output = child.stdio[4] as NodeJS.ReadableStream
  let done: (line: unknown) => void = () => {}
  output.on('data', (chunk: Buffer) => done(JSON.parse(chunk.toString())))
  return {
    async once() {
      await new Promise((resolve) => {
        done = resolve
        input.write(LINE)
      })
    },
    close: () => {
      child.kill('SIGKILL')
      const pid = leafPid()
      if (pid !== undefined && pid !== child.pid) process.kill(pid, 'SIGKILL')
    },
  }
}

/** Starts Node with the sandbox's flags and an empty program. Returns the time in ms and the resident memory in MiB. */
export function bareNode(): Promise<{ ms: number; residentMb: number }> {
  const began = performance.now()
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--no-node-snapshot',
        '--no-warnings',
        '-e',
        'require("fs").writeSync(4,"x");require("fs").readSync(3,Buffer.alloc(1))',
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], env: {} },
    )
    ;(child.stdio[4] as NodeJS.ReadableStream).once('data', () => {
      const ms = performance.now() - began
      const residentMb = resident(child.pid ?? 0)
      child.kill('SIGKILL')
      resolve({ ms, residentMb })
    })
  })
}

export function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024
}

interface IsolateLike {
  compileScriptSync(code: string): { runSync(context: unknown): unknown }
  createContextSync(): unknown
}

/** Runs an empty script with isolated-vm in this process: the lower bound of any step. */
export function inProcessIsolate(): (code: string) => void {
  const ivm = requireOfSandbox('isolated-vm') as { Isolate: new (options: object) => IsolateLike }
  const isolate = new ivm.Isolate({ memoryLimit: 128 })
  const context = isolate.createContextSync()
  return (code) => {
    isolate.compileScriptSync(code).runSync(context)
  }
}

/** quickjs-emscripten, if it is installed next to this file. */
export async function quickjs(): Promise<((code: string) => void) | undefined> {
  try {
    const { getQuickJS } = await import('quickjs-emscripten')
    const engine = await getQuickJS()
    return (code) => {
      const context = engine.newContext()
      context.unwrapResult(context.evalCode(code)).dispose()
      context.dispose()
    }
  } catch {
    return undefined
  }
}

/** Descendants of this process whose command line names the sandbox's child. */
export function sandboxChildren(): number[] {
  const found: number[] = []
  const below = (pid: number): void => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean)
    for (const child of children.map(Number)) {
      const command = readFileSync(`/proc/${child}/cmdline`, 'latin1')
      if (
        command.includes('child.cjs') &&
        !/^[^\0]*bwrap\0/.test(command) &&
        command.includes(sandboxFolder)
      ) {
        found.push(child)
      }
      below(child)
    }
  }
  below(process.pid)
  return found
}
