import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'

export interface Body {
  contentType: string
  /** Events, lines, or one JSON text. Each chunk is a separate write. */
  chunks: string[]
}

/** Sends a body with a fault applied to it. Stops early if the client closes the connection. */
export async function sendBody(
  response: ServerResponse,
  body: Body,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.kind === 'slow-first-byte') await sleep(fault.ms)
  if (fault?.kind === 'stall' && fault.afterBytes === 0) return
  const contentType = fault?.kind === 'wrong-content-type' ? 'text/plain' : body.contentType
  response.writeHead(200, { 'content-type': contentType })
  response.flushHeaders()
  let left =
    fault?.kind === 'cut' || fault?.kind === 'end' || fault?.kind === 'stall'
      ? fault.afterBytes
      : Number.POSITIVE_INFINITY
  for (const chunk of withFault(body.chunks, fault)) {
    const bytes = Buffer.from(chunk)
    for (const piece of fault?.kind === 'split-utf8' ? bytes.map((byte) => byte) : [bytes]) {
      if (!(await write(response, typeof piece === 'number' ? Buffer.of(piece) : piece.subarray(0, left))))
        return
    }
    left -= bytes.length
    if (left <= 0) break
  }
  if (fault?.kind === 'stall') return
  if (fault?.kind === 'cut') response.destroy()
  else response.end()
}

function withFault(chunks: string[], fault: Fault | undefined): string[] {
  const middle = Math.floor(chunks.length / 2)
  if (fault?.kind === 'malformed-json') return chunks.with(middle, (chunks[middle] ?? '').replace(/\}/, ''))
  if (fault?.kind === 'garbage') return ['\u0000\u0001 this is not a model server\r\n\r\n']
  if (fault?.kind === 'no-body') return []
  return chunks
}

/** Waits until the bytes are sent, so that a fault happens after them. Returns false if the client closed the connection. */
async function write(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  if (response.destroyed || response.socket?.destroyed) return false
  if (bytes.length === 0) return true
  return new Promise((resolve) => response.write(bytes, (error) => resolve(!error)))
}
