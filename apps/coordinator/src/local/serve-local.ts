import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { errorText } from '@bailiwick/contract'
import { type LocalReply, type LocalRequest, type LocalResult, localRequestSchema } from './local-protocol.ts'

/** A private socket that serves local requests. */
export interface LocalServer extends AsyncDisposable {
  /** The socket's path, or the pipe's name on Windows. */
  readonly path: string
}

type Handler = (request: LocalRequest) => Promise<LocalResult>

/** Listens on a socket that only this user can reach. A request and its reply are one JSON line each. */
export async function serveLocal(handle: Handler): Promise<LocalServer> {
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
  return join(await mkdtemp(join(tmpdir(), 'bailiwick-')), 'daemon.sock')
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

function serveSocket(socket: Socket, handle: Handler): void {
  // The command may be killed while it waits.
  socket.on('error', () => {})
  createInterface(socket).on('line', async (line) => {
    const reply = await replyTo(line, handle)
    if (!socket.destroyed) socket.end(`${JSON.stringify(reply)}\n`)
  })
}

async function replyTo(line: string, handle: Handler): Promise<LocalReply> {
  try {
    return { ok: true, ...(await handle(localRequestSchema.parse(JSON.parse(line)))) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
    return { ok: false, code, message: errorText(error) }
  }
}
