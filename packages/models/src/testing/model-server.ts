import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Fault, retryAfterHeader } from './fault.ts'
import type { ReplyChooser } from './served-reply.ts'

/** The models of a test server, its replies and its faults. */
export interface ModelServerOptions {
  /** The reply: a text, or a function of the request. Default: `ok`. */
  reply?: ReplyChooser | string
  /** The fault of the n-th chat request, counted from 0. */
  fault?: (request: number, body: Readonly<Record<string, unknown>>) => Fault | undefined
  /** Names of the listed models. */
  models?: string[]
  /** False forgets the bodies of requests, so that a server may answer any number. Default true. */
  keepsRequests?: boolean
}

/** An HTTP server on loopback that speaks a model protocol. Disposing of it closes every socket. */
export interface ModelServer extends AsyncDisposable {
  readonly url: string
  /** Bodies of the chat requests, in order. */
  readonly requests: Record<string, unknown>[]
  /** Number of chat requests that the server has not finished and the client has not given up. */
  readonly pending: number
}

/** Answers one request. Applies faults that depend on the protocol. */
export type Answer = (
  path: string,
  body: Record<string, unknown>,
  response: ServerResponse,
  fault: Fault | undefined,
) => Promise<void>

/** Starts a server. `isChat` decides which paths are chat requests, which may have faults. */
export async function startModelServer(
  options: ModelServerOptions,
  isChat: (path: string) => boolean,
  answer: Answer,
): Promise<ModelServer> {
  const requests: Record<string, unknown>[] = []
  let count = 0
  const sockets = new Set<Socket>()
  const pending = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const sent = await text(request)
    const body: Record<string, unknown> = sent === '' ? {} : JSON.parse(sent)
    if (!isChat(path)) return answer(path, body, response, undefined)
    pending.add(response)
    response.once('close', () => pending.delete(response))
    const fault = options.fault?.(count++, body)
    if (options.keepsRequests !== false) requests.push(body)
    if (fault?.kind === 'reset') return void response.destroy()
    if (fault?.kind === 'html') return html(response, fault.status)
    if (fault?.kind === 'status') return refuse(response, fault)
    await answer(path, body, response, fault)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get pending() {
      return pending.size
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
}

/** Sends a JSON response. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function html(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>')
}

function refuse(response: ServerResponse, fault: Extract<Fault, { kind: 'status' }>): void {
  const { status, message = 'refused', code, retryAfterMs, form } = fault
  const headers = retryAfterMs === undefined ? {} : retryAfterHeader(retryAfterMs, form)
  sendJson(response, status, { error: { message, ...(code !== undefined && { code }) } }, headers)
}
