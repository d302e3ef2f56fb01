import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { ToChild, ToParent } from '../frames/frame.ts'
import { childLine } from '../frames/frame-line.ts'
import type { ChildFiles } from '../isolation/child-files.ts'
import { type Layers, permissionArguments } from '../isolation/layers.ts'
import { startWrapped, type WrappedChild } from '../isolation/start-wrapped.ts'
import type { Box, BoxEnd, BoxListener, WatchLimits } from './box.ts'
import { FrameReader } from './frame-reader.ts'
import { WaitAwake } from './wait-awake.ts'
import { Watchdog } from './watchdog.ts'

const MAX_STDERR = 4_096
const FRAME_IN = 3
/** The child starts on this many characters while more are being prepared. */
const WRITE_CHARS = 4_096
const FRAME_OUT = 4

/** CPU time in which a child must start and become ready, ms. */
const START_CPU_MS = 20_000

export interface SpawnOptions {
  files: ChildFiles
  layers: Layers
  memoryMb: number
  /** Resident memory of a child that waits for its world, MiB. */
  residentMb: number
}

/** Starts a child in a box. The child sends a `ready` frame once its isolate and prelude are loaded. */
export function spawnChild({ files, layers, memoryMb, residentMb }: SpawnOptions): ChildBox {
  const command = [process.execPath, ...permissionArguments(files), files.main, files.addon, String(memoryMb)]
  return new ChildBox(startWrapped(layers, files, command, memoryMb), residentMb)
}

/** A box that is a child process. */
export class ChildBox implements Box {
  readonly #process: ChildProcess
  readonly #input: Writable
  readonly #reader: FrameReader
  readonly #watchdog: Watchdog
  readonly #exited: Promise<void>
  readonly #killAll: () => void
  #listener: BoxListener | undefined
  #ended: BoxEnd | undefined
  #ready = false
  #errors = ''
  #outgoing = ''
  readonly #waiting = new WaitAwake()
  readonly #flush = (): void => {
    const text = this.#outgoing
    this.#outgoing = ''
    if (this.#ended !== undefined || text === '') return
    this.#input.write(text)
    this.#waiting.sent()
  }

  constructor({ child, leafPid, kill }: WrappedChild, residentMb: number) {
    this.#process = child
    this.#killAll = kill
    this.#input = child.stdio[FRAME_IN] as Writable
    const output = child.stdio[FRAME_OUT] as Readable
    this.#reader = new FrameReader({
      frame: (frame) => this.#frame(frame),
      fault: (message) => this.#broken(message),
      flow: (open) => (open ? output.resume() : output.pause()),
    })
    const limits = { wallMs: Number.POSITIVE_INFINITY, cpuMs: START_CPU_MS, residentMb }
    this.#watchdog = new Watchdog(limits, leafPid, (end) => this.kill(end))
    output.on('data', (chunk: Buffer) => {
      this.#waiting.answered()
      this.#reader.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.#errors.length < MAX_STDERR) this.#errors += chunk.toString().slice(0, MAX_STDERR)
    })
    // Ignore a failed write to a child that has ended. Its exit is reported instead.
    this.#input.on('error', () => {})
    output.on('error', () => {})
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#end({ reason: 'crashed', message: error.message })
        resolve()
      })
      // Not `exit`: `close` comes after the last bytes were read.
      child.once('close', (code, signal) => {
        this.#reader.finish()
        this.#end(this.#explainExit(code, signal))
        resolve()
      })
    })
  }

  send(frame: ToChild): void {
    if (this.#ended !== undefined) return
    // Write frames of one tick together: a system call for each would be most of a call's cost.
    if (this.#outgoing === '') process.nextTick(this.#flush)
    this.#outgoing += childLine(frame)
    if (this.#outgoing.length > WRITE_CHARS) this.#flush()
  }

  listen(listener: BoxListener | undefined): void {
    this.#listener = listener
    const ended = this.#ended
    if (ended !== undefined && listener !== undefined) queueMicrotask(() => listener.ended(ended))
  }

  allow(maxText: number): void {
    this.#reader.maxText = maxText
  }

  watch(limits: WatchLimits): void {
    this.#watchdog.set(limits)
  }

  kill(end: BoxEnd): void {
    this.#killProcesses()
    this.#end(end)
  }

  async close(): Promise<void> {
    this.#listener = undefined
    // A spare in the background would not keep this process alive until its exit.
    this.background(false)
    this.#killProcesses()
    this.#end({ reason: 'canceled', message: 'closed' })
    await this.#exited
  }

  get alive(): boolean {
    return this.#ended === undefined
  }

  /** Lets this process exit while the child runs. Meant for the warm spare. */
  background(on: boolean): void {
    for (const part of [this.#process, ...this.#process.stdio] as { ref?(): void; unref?(): void }[]) {
      if (on) part?.unref?.()
      else part?.ref?.()
    }
  }

  #killProcesses(): void {
    this.#killAll()
    for (const stream of this.#process.stdio) stream?.destroy()
  }

  #frame(frame: Exclude<ToParent, { type: 'part' }>): void {
    if (frame.type === 'stopped') {
      // The child reported this itself, but the effects of its turn must not remain.
      this.kill({ reason: frame.reason, message: frame.message })
    } else if (frame.type === 'ready') {
      if (this.#ready) this.#broken('a second ready frame')
      this.#ready = true
    } else if (this.#listener === undefined)
      this.#broken(`a ${frame.type} frame although no step was running`)
    else this.#listener.frame(frame)
  }

  #broken(what: string): void {
    this.kill({ reason: 'crashed', message: `the sandbox's child sent ${what}` })
  }

  #end(end: BoxEnd): void {
    if (this.#ended !== undefined) return
    this.#ended = end
    this.#reader.stop()
    this.#watchdog.stop()
    this.#listener?.ended(end)
  }

  /** V8 aborts if the heap is full. Through a wrapper, SIGABRT shows as exit code 134. */
  #explainExit(code: number | null, signal: NodeJS.Signals | null): BoxEnd {
    const how = signal === null ? `code ${code}` : signal
    const first = this.#errors.split('\n').find((line) => line.trim() !== '') ?? ''
    const message = `the sandbox's child ended with ${how}${first === '' ? '' : `: ${first.slice(0, 300)}`}`
    const memory =
      /heap|memory|allocat/i.test(this.#errors) ||
      signal === 'SIGABRT' ||
      code === 134 ||
      signal === 'SIGTRAP' ||
      code === 133
    return { reason: memory ? 'out-of-memory' : 'crashed', message }
  }
}
