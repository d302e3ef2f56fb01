import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type LocalReply, type LocalRequest, localRequestSchema } from './local-protocol.ts'

/** A private socket that answers local requests, one JSON line each. */
export interface LocalServer extends AsyncDisposable {
  /** Where `askLocal` connects to. */
  readonly path: string
}

/** Listens on a socket that only this user can reach. */
export async function serveLocal(
  handle: (request: LocalRequest) => Promise<Omit<Extract<LocalReply, { ok: true }>, 'ok'>>,
): Promise<LocalServer> {
  const path = await socketPath()
  const server = createServer((socket) => replyToLines(socket, handle))
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

/** In a folder of its own (0700): a socket's own mode is not checked everywhere, and its path must be short. */
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

function replyToLines(
  socket: Socket,
  handle: (request: LocalRequest) => Promise<Omit<Extract<LocalReply, { ok: true }>, 'ok'>>,
): void {
  // A command that was killed while it waited is no fault of the daemon's.
  socket.on('error', () => {})
  createInterface(socket).on('line', async (line) => {
    const reply = await replyTo(line, handle)
    if (!socket.destroyed) socket.end(`${JSON.stringify(reply)}\n`)
  })
}

async function replyTo(
  line: string,
  handle: (request: LocalRequest) => Promise<Omit<Extract<LocalReply, { ok: true }>, 'ok'>>,
): Promise<LocalReply> {
  try {
    return { ok: true, ...(await handle(localRequestSchema.parse(JSON.parse(line)))) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
    return { ok: false, code, message: error instanceof Error ? error.message : String(error) }
  }
}
