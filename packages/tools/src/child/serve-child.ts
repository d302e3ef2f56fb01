import { buffer } from 'node:stream/consumers'
import { deserialize } from 'node:v8'
import { BadRequest } from '../errors/bad-request.ts'

/**
 * The child's side: reads one request from standard input, answers on standard output, ends. Loads
 * nothing of the parent's, so that the child stays small and quick to start.
 */
export async function serveChild(handle: (request: unknown) => unknown): Promise<void> {
  // No exit: the process ends by itself once all is written.
  process.stdout.write(JSON.stringify(await replyTo(handle)))
}

async function replyTo(handle: (request: unknown) => unknown): Promise<unknown> {
  try {
    return { ok: true, value: await handle(deserialize(await buffer(process.stdin))) }
  } catch (error) {
    if (error instanceof BadRequest) return { ok: false, code: 'bad-input', message: error.message }
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, code: 'failed', message }
  }
}
