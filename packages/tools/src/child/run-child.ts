import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { BailiwickError, formatBytes, InputError, parseJson } from '@bailiwick/contract'
import { z } from 'zod'
import { childCommand } from './child-command.ts'
import { ChildError } from './child-error.ts'

/** What one child process may use. Reaching any limit kills it. */
export interface ChildLimits {
  /** Milliseconds of wall time, from the start of the process. */
  timeMs: number
  /**
   * Bytes of resident memory; about 45 MB of it is Node itself. Watched on Linux. On other systems only the JavaScript
   * heap is limited, to half of it.
   */
  memoryBytes: number
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
  limits: ChildLimits
  /** Names the work in error messages, such as "the query". */
  what: string
  signal: AbortSignal
}

/** The module of a child in the folder of the calling module, from source and when built. */
export function childEntry(beside: string, name: string): URL {
  return new URL(`./${name}${extname(beside)}`, beside)
}

const replySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])

/**
 * Does one piece of work in a process that has no environment, no network (from Node 26 on) and no children, writes no
 * file, and reads only code. A thread is not enough, because JavaScript cannot stop a query inside SQLite, while a
 * process can always be killed. The caller holds a slot of `childSlots`.
 *
 * @throws ChildError if it reaches a limit or dies; the error that the child reports; the signal's reason
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
  const chunks: Buffer[] = []
  let size = 0
  let complaints = ''
  let stopped: unknown
  const stop = (reason: unknown) => {
    stopped ??= reason
    child.kill('SIGKILL')
  }
  const onAbort = () => stop(work.signal.reason)
  const timer = setTimeout(() => {
    stop(new ChildError('child-timeout', `${work.what} took longer than ${timeMs / 1000} s and was stopped`))
  }, timeMs)
  const slow = setTimeout(() => lowerPriority(child.pid), QUICK_MS)
  const stopWatching = watchMemory(child.pid, memoryBytes, () => stop(tooMuchMemory(work)))
  work.signal.addEventListener('abort', onAbort, { once: true })
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= replyBytes) chunks.push(chunk)
    else stop(tooLargeReply(work))
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-4096)
  })
  // A child that dies early breaks the pipe. Its exit says more than EPIPE does.
  child.stdin?.on('error', () => {})
  try {
    // Structured clone is fast for large texts. The reply is JSON, because a child's output is not trusted.
    child.stdin?.end(serialize(work.request))
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
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    clearTimeout(timer)
    clearTimeout(slow)
    stopWatching()
    work.signal.removeEventListener('abort', onAbort)
  }
}

function diagnose(work: ChildWork, code: number | null, complaints: string): ChildError {
  if (/out of memory|Allocation failed/.test(complaints)) return tooMuchMemory(work)
  const last = complaints.trim().split('\n').at(-1) ?? ''
  const path = fileURLToPath(work.entry)
  return new ChildError('child-crashed', `${work.what} ended with ${code ?? 'a signal'} in ${path}: ${last}`)
}

function tooMuchMemory({ what, limits }: ChildWork): ChildError {
  const limit = formatBytes(limits.memoryBytes)
  return new ChildError('child-memory', `${what} needed more than ${limit} and was stopped`)
}

function tooLargeReply({ what, limits }: ChildWork): ChildError {
  const limit = formatBytes(limits.replyBytes)
  return new ChildError('child-reply', `${what} gave more than ${limit}: ask for less`)
}

/** A child that runs for longer gets a low priority, so that others with short work do not wait for it. */
const QUICK_MS = 1_000

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // The process has ended.
  }
}

const MEMORY_CHECK_MS = 50

/**
 * Calls back once if a process uses more resident memory than its limit. SQLite's own heap limit does not work, because
 * Node builds SQLite without memory accounting. Watches on Linux only.
 *
 * @returns a function that stops watching
 */
function watchMemory(pid: number | undefined, limit: number, onExceeded: () => void): () => void {
  if (pid === undefined || process.platform !== 'linux') return () => {}
  const timer = setInterval(async () => {
    if ((await residentBytes(pid)) <= limit) return
    clearInterval(timer)
    onExceeded()
  }, MEMORY_CHECK_MS)
  return () => clearInterval(timer)
}

async function residentBytes(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    // The process has ended since the last check.
    return 0
  }
}
