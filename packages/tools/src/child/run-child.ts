import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { extname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { BailiwickError, formatBytes, InputError, parseJson } from '@bailiwick/contract'
import { z } from 'zod'
import { childCommand } from './child-command.ts'
import { ChildError } from './child-error.ts'
import { type ChildFile, MAX_OPENS, readMs } from './child-file.ts'

/** What one child process may use. Reaching any limit kills it. */
export interface ChildLimits {
  /**
   * Milliseconds of CPU time, from the start of the process or from when it has read its files, and ten times as
   * much wall time: on a busy machine, a process with a low priority gets little. Without Linux, wall time alone.
   */
  timeMs: number
  /** Bytes of files that the process must at least read per second of wall time. */
  readPace: number
  /**
   * Bytes of resident memory; about 45 MB of it is Node itself. Watched on Linux. On other systems only the JavaScript
   * heap is limited, to half of it.
   */
  memoryBytes: number
  /** Bytes of one temporary file. Not limited on Windows. */
  diskBytes: number
  /** Bytes of the reply, as JSON. */
  replyBytes: number
}

/** The work of one child process. */
export interface ChildWork {
  /** The module that the child runs; it calls `serveChild`. */
  entry: URL
  /** Packages that the module loads, besides this one. */
  packages: readonly string[]
  /** Lets it load native add-ons. Only for children that run no foreign code. */
  addons?: boolean
  /** Plain data. */
  request: unknown
  /** What the child may read, by the numbers that it asks for. */
  files?: readonly ChildFile[]
  limits: ChildLimits
  /** Names the work in error messages, such as "the query". */
  what: string
  /** What to do if it takes too much time or memory, for error messages. */
  advice?: string
  signal: AbortSignal
}

/** The module of a child in the folder of the calling module, from source and when built. */
export function childEntry(beside: string, name: string): URL {
  return new URL(`./${name}${extname(beside)}`, beside)
}

const messageSchema = z.union([
  z.strictObject({ open: z.int().nonnegative() }),
  z.strictObject({ read: z.literal(true) }),
])
const replySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])

/**
 * Does one piece of work in a process that has no environment, no network (from Node 26 on) and no children, and reads
 * only code. It writes nothing but temporary files of SQLite, which have no name. Files are sent to it in pieces, when it
 * asks for them. A thread is not enough, because JavaScript cannot stop a query inside SQLite, while a process can always
 * be killed. The caller holds a slot of `childSlots`.
 *
 * @throws ChildError if it reaches a limit or dies; the error that the child reports, or that of a file; the signal's
 *   reason
 */
export async function runChild(work: ChildWork): Promise<unknown> {
  work.signal.throwIfAborted()
  const { command, args, env } = childCommand(work)
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  const text = await collect(child, work)
  const reply = replySchema.safeParse(parseJson(text))
  if (!reply.success) throw new ChildError('child-crashed', `${work.what} ended without a reply`)
  if (reply.data.ok) return reply.data.value
  const { code, message } = reply.data
  throw code === 'bad-input' ? new InputError(message) : new BailiwickError(code, message)
}

async function collect(child: ChildProcess, work: ChildWork): Promise<string> {
  const { timeMs, memoryBytes, replyBytes } = work.limits
  const ended = new AbortController()
  let complaints = ''
  let stopped: unknown
  const stop = (reason: unknown) => {
    stopped ??= reason
    child.kill('SIGKILL')
  }
  const onAbort = () => stop(work.signal.reason)
  const timeout = (ms: number, what: string) =>
    stop(
      new ChildError(
        'child-timeout',
        `${what} took longer than ${ms / 1000} s and was stopped${adviceOf(work)}`,
      ),
    )
  const limitTime = (ms: number, what: string) => setTimeout(() => timeout(ms, what), ms)
  const wallMs = timeMs * (MEASURES_CPU ? WALL_FACTOR : 1)
  const forFiles = readMs(work.files, work.limits.readPace)
  let timer = limitTime(wallMs + forFiles, forFiles === 0 ? work.what : `reading the files for ${work.what}`)
  /** CPU time of the process when its work began; undefined while it reads files. */
  let cpuBefore: number | undefined = forFiles === 0 ? 0 : undefined
  let cpuNow = 0
  const stopWatching = watch(child.pid, ({ residentBytes, cpuMs }) => {
    cpuNow = cpuMs
    if (residentBytes > memoryBytes) stop(tooMuchMemory(work))
    if (cpuBefore !== undefined && cpuMs - cpuBefore > timeMs) timeout(timeMs, work.what)
  })
  const slow = setTimeout(() => lowerPriority(child.pid), QUICK_MS)
  work.signal.addEventListener('abort', onAbort, { once: true })
  let isRead = false
  const sender = new FileSender(child, work.files ?? [], ended.signal)
  const output = new ChildOutput((message) => {
    if ('open' in message) {
      sender.send(message.open).catch(stop)
      return
    }
    // Only once: a guest in the child cannot extend its time.
    if (isRead) return
    isRead = true
    cpuBefore = cpuNow
    clearTimeout(timer)
    timer = limitTime(wallMs, work.what)
  })
  child.stdout?.on('data', (chunk: Buffer) => {
    output.add(chunk)
    if (output.replySize > replyBytes) stop(tooLargeReply(work))
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-4096)
  })
  // A child that dies early breaks the pipe. Its exit says more than EPIPE does.
  child.stdin?.on('error', () => {})
  try {
    sender.begin(work.request)
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) =>
        reject(
          new ChildError('child-crashed', `${work.what} could not be started: ${error.message}`, {
            cause: error,
          }),
        ),
      )
      child.once('close', resolve)
    })
    if (stopped !== undefined) throw stopped
    if (code !== 0) throw diagnose(work, code, complaints)
    return output.reply()
  } finally {
    ended.abort()
    clearTimeout(timer)
    clearTimeout(slow)
    stopWatching()
    work.signal.removeEventListener('abort', onAbort)
  }
}

/** Sends a child its request, and files when it asks for them. */
class FileSender {
  readonly #child: ChildProcess
  readonly #files: readonly ChildFile[]
  readonly #signal: AbortSignal
  readonly #opens: number[]
  #isSending = false

  /** @param signal aborts when the child has ended */
  constructor(child: ChildProcess, files: readonly ChildFile[], signal: AbortSignal) {
    this.#child = child
    this.#files = files
    this.#signal = signal
    this.#opens = files.map(() => 0)
  }

  begin(request: unknown): void {
    // Structured clone is fast for large texts. The reply is JSON, because a child's output is not trusted.
    const head = serialize({ request, sizes: this.#files.map(({ size }) => size) })
    const length = Buffer.alloc(4)
    length.writeUInt32BE(head.length)
    this.#child.stdin?.write(length)
    this.#child.stdin?.write(head)
    if (this.#files.length === 0) this.#child.stdin?.end()
  }

  /** @throws the error of the file; ChildError if the child asks for what no honest child asks for */
  async send(number: number): Promise<void> {
    const file = this.#files[number]
    const opens = (this.#opens[number] ?? 0) + 1
    this.#opens[number] = opens
    const { stdin } = this.#child
    if (file === undefined || stdin === null || opens > MAX_OPENS || this.#isSending) {
      throw new ChildError('child-crashed', `the process asked for file ${number} out of turn`)
    }
    this.#isSending = true
    try {
      await pipeline(file.open(), stdin, { end: false, signal: this.#signal })
    } catch (error) {
      // The child has ended, or is about to.
      if (!this.#signal.aborted && !stdin.destroyed) throw error
    } finally {
      this.#isSending = false
    }
  }
}

/** What a child prints: messages, each on a line, and at the end its reply. */
class ChildOutput {
  readonly #onMessage: (message: z.infer<typeof messageSchema>) => void
  #pieces: Buffer[] = []
  replySize = 0

  constructor(onMessage: (message: z.infer<typeof messageSchema>) => void) {
    this.#onMessage = onMessage
  }

  add(chunk: Buffer): void {
    let rest = chunk
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#pieces.push(rest.subarray(0, end))
      const message = messageSchema.safeParse(parseJson(this.reply()))
      rest = rest.subarray(end + 1)
      this.#pieces = []
      this.replySize = 0
      if (message.success) this.#onMessage(message.data)
    }
    this.#pieces.push(rest)
    this.replySize += rest.length
  }

  reply(): string {
    return Buffer.concat(this.#pieces).toString('utf8')
  }
}

function diagnose(work: ChildWork, code: number | null, complaints: string): ChildError {
  if (/out of memory|Allocation failed/.test(complaints)) return tooMuchMemory(work)
  const last = complaints.trim().split('\n').at(-1) ?? ''
  const path = fileURLToPath(work.entry)
  return new ChildError('child-crashed', `${work.what} ended with ${code ?? 'a signal'} in ${path}: ${last}`)
}

function tooMuchMemory(work: ChildWork): ChildError {
  const limit = formatBytes(work.limits.memoryBytes)
  const message = `${work.what} needed more than ${limit} of memory and was stopped${adviceOf(work)}`
  return new ChildError('child-memory', message)
}

function adviceOf({ advice }: ChildWork): string {
  return advice === undefined ? '' : `: ${advice}`
}

function tooLargeReply({ what, limits }: ChildWork): ChildError {
  const limit = formatBytes(limits.replyBytes)
  return new ChildError('child-reply', `${what} gave more than ${limit}: ask for less`)
}

/** A child that runs for longer gets a lower priority, so that others with short work do not wait for it. */
const QUICK_MS = 1_000

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // The process has ended.
  }
}

/** Only Linux tells how much time and memory another process uses. */
const MEASURES_CPU = process.platform === 'linux'
/** Wall time that a process may take for its CPU time: others may keep it from running. */
const WALL_FACTOR = 10
const CHECK_MS = 50
/** The unit of CPU time in /proc, which is the same on all systems. */
const TICK_MS = 10

/** What a process uses. */
interface Usage {
  residentBytes: number
  cpuMs: number
}

/**
 * Reports what a process uses, again and again. SQLite's own heap limit does not work, because Node builds SQLite without
 * memory accounting. Watches on Linux only.
 *
 * @returns a function that stops watching
 */
function watch(pid: number | undefined, report: (usage: Usage) => void): () => void {
  if (pid === undefined || !MEASURES_CPU) return () => {}
  const timer = setInterval(async () => {
    const usage = await usageOf(pid)
    if (usage !== undefined) report(usage)
  }, CHECK_MS)
  return () => clearInterval(timer)
}

/** @returns undefined if the process has ended */
async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    // After the name of the program, which may contain anything. User and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    }
  } catch {
    return undefined
  }
}
