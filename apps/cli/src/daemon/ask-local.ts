import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { BailiwickError, parseJson } from '@bailiwick/contract'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import {
  type LocalReply,
  type LocalRequestInput,
  localReplySchema,
} from '@bailiwick/coordinator/local/local-protocol'

/** A daemon that does not answer for this long does not respond. Milliseconds. */
const SILENT_MS = 5_000

/**
 * Sends a request to a daemon on this machine.
 *
 * @param options.note is called with what the daemon does meanwhile
 * @param options.signal withdraws the request
 * @throws BailiwickError with the daemon's code; `no-daemon`; or `daemon-silent` if it does not respond
 */
export async function askLocal(
  address: DaemonAddress,
  request: LocalRequestInput,
  options: { note?(line: string): void; signal?: AbortSignal } = {},
): Promise<Extract<LocalReply, { ok: true }>> {
  const path = localPath(address)
  using socket = openSocket(path)
  const answer = socket.ask(request, options)
  // A request may take long, for example to load an agent. Only a daemon that answers no other one is silent.
  if (!(await Promise.race([answer.then(() => true), isResponding(address)]))) throw silentError(address)
  const reply = await answer
  if (!reply.ok) throw new BailiwickError(reply.code, reply.message)
  return reply
}

/** Whether a daemon answers at all. A daemon that is stopped (SIGSTOP) or hangs does not. */
export async function isResponding(address: DaemonAddress, waitMs = SILENT_MS): Promise<boolean> {
  using socket = openSocket(localPath(address))
  const silent = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => silent.resolve(false), waitMs)
  try {
    // A daemon of another version may not know the request, but answers too.
    return await Promise.race([socket.ask({ op: 'status' }).then(() => true), silent.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The error for a daemon that runs but does not respond. */
export function silentError({ pid }: DaemonAddress): BailiwickError {
  return new BailiwickError(
    'daemon-silent',
    `Expected the daemon (process ${pid}) to respond within ${SILENT_MS / 1_000} s, but it does not: it is stopped or overloaded. If it is stopped, continue it with "kill -CONT ${pid}". Otherwise end it with "bailiwick down", and start another with "bailiwick up".`,
  )
}

function localPath({ local }: DaemonAddress): string {
  if (local !== undefined) return local
  throw new BailiwickError('no-daemon', 'The daemon runs on another machine. Run this command there.')
}

/** The last line of an exchange. */
type LastReply = Exclude<LocalReply, { ok: 'pending' }>

interface LocalSocket extends Disposable {
  ask(
    request: LocalRequestInput,
    options?: { note?(line: string): void; signal?: AbortSignal },
  ): Promise<LastReply>
}

function openSocket(path: string): LocalSocket {
  const socket = connect(path)
  const lines = createInterface(socket)
  lines.on('error', () => {}) // Those of the socket, which it emits too.
  return {
    ask(request, { note, signal } = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<LastReply>()
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      const fail = (reason: string) =>
        reject(new BailiwickError('no-daemon', `The daemon does not answer: ${reason}.`))
      socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
      socket.once('error', (error) => fail(error.message))
      socket.once('close', () => fail('it closed the connection'))
      lines.on('line', (line) => {
        const reply = localReplySchema.parse(parseJson(line))
        if (reply.ok === 'pending') note?.(reply.note)
        else resolve(reply)
      })
      promise.catch(() => {}) // The caller may have stopped waiting.
      return promise
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}
