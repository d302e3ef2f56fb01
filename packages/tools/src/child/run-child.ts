import { type ChildProcess, spawn } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { BailiwickError, InputError } from '@bailiwick/contract'
import { z } from 'zod'
import { ChildError } from './child-error.ts'
import { childCommand } from './child-command.ts'
import type { ChildLimits } from './child-limits.ts'
import { takeSlot } from './slots.ts'
import { watchMemory } from './watch-memory.ts'

/** What a child is started for. */
export interface ChildWork {
  /** The module that the child runs; it calls `serveChild`. */
  entry: URL
  /** Files and folders that it may read, besides its own code. */
  reads: string[]
  /** Whether it may load native add-ons. Only for children that run no code of others. */
  addons?: boolean
  /** Plain data. */
  request: unknown
  limits: ChildLimits
  /** For messages: "the query". */
  what: string
  signal: AbortSignal
}

/** The module of a child beside the calling module, in source and when built. */
export function childEntry(beside: string, name: string): URL {
  return new URL(`./${name}${extname(beside)}`, beside)
}

const replySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])

/**
 * Does one piece of work in a process that has no environment, no network (from Node 26 on), no children,
 * writes no file, and reads those it is given only. A thread would not do: a query inside SQLite cannot be
 * stopped from JavaScript, a process always can.
 *
 * @throws ChildError when a limit is reached; what the child reports; the signal's reason.
 */
export async function runChild(work: ChildWork): Promise<unknown> {
  using _slot = await takeSlot(work.signal)
  work.signal.throwIfAborted()
  const { command, args, env } = childCommand(work)
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  const text = await collect(child, work)
  const reply = replySchema.safeParse(parseJson(text))
  if (!reply.success) throw new ChildError('child-crashed', `${work.what} ended without an reply`)
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
  const forgetMemory = watchMemory(child.pid, memoryBytes, () => stop(tooMuchMemory(work)))
  work.signal.addEventListener('abort', onAbort, { once: true })
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= replyBytes) chunks.push(chunk)
    else stop(new ChildError('child-reply', `${work.what} gave more than ${replyBytes} bytes: ask for less`))
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-4096)
  })
  // A child that dies early breaks the pipe; how it ended says more than EPIPE.
  child.stdin?.on('error', () => {})
  try {
    // Large texts go fast this way. The reply is JSON: what comes out of a child is read with suspicion.
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
    forgetMemory()
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
  const megabytes = Math.round(limits.memoryBytes / 1e6)
  return new ChildError('child-memory', `${what} needed more than ${megabytes} MB and was stopped`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
