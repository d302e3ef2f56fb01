import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { errorText } from '@bailiwick/contract'
import { makeTemporaryFolder } from '@bailiwick/contract/temporary-folder'
import { type LocalReply, type LocalRequest, type LocalResult, localRequestSchema } from './local-protocol.ts'
import { FOLDER_PREFIX, removeDeadSockets, SOCKET } from './remove-dead-sockets.ts'

/** A private socket that serves local requests. */
export interface LocalServer extends AsyncDisposable {
  /** The socket's path, or the pipe's name on Windows. */
  readonly path: string
}

/** The process that sent a request. */
export interface LocalCaller {
  /** Tells it what the daemon does meanwhile. */
  note(line: string): void
  /** Aborts if it stops waiting. */
  signal: AbortSignal
}

type Handler = (request: LocalRequest, caller: LocalCaller) => Promise<LocalResult>

/**
 * Listens on a socket that only this user can reach. A request and its reply are one JSON line each, and there may be
 * notes between them.
 */
export async function serveLocal(handle: Handler): Promise<LocalServer> {
  await removeDeadSockets()
  const path = await socketPath()
  const server = createServer((socket) => serveSocket(socket, handle))
  await listen(server, path)
  server.unref()
  return {
    path,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
      if (process.platform !== 'win32') await rm(dirname(path), { recursive: true, force: true })
    },
  }
}

/** In its own folder (0700), because not every system checks a socket's mode. The path must be short. */
async function socketPath(): Promise<string> {
  if (process.platform === 'win32') return `\\\\.\\pipe\\bailiwick-${randomUUID()}`
  return join(await makeTemporaryFolder(FOLDER_PREFIX), SOCKET)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

function serveSocket(socket: Socket, handle: Handler): void {
  // The command may be killed, or stop waiting. The interface emits the socket's errors again.
  socket.on('error', () => {})
  const lines = createInterface(socket)
  lines.on('error', () => {})
  const closed = new AbortController()
  socket.once('close', () => closed.abort())
  const send = (reply: LocalReply) => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`)
  }
  const caller = { note: (note: string) => send({ ok: 'pending', note }), signal: closed.signal }
  lines.on('line', async (line) => {
    send(await replyTo(line, handle, caller))
    socket.end()
  })
}

async function replyTo(line: string, handle: Handler, caller: LocalCaller): Promise<LocalReply> {
  try {
    return { ok: true, ...(await handle(localRequestSchema.parse(JSON.parse(line)), caller)) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
    return { ok: false, code, message: errorText(error) }
  }
}
