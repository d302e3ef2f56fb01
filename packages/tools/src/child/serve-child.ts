import { buffer } from 'node:stream/consumers'
import { deserialize } from 'node:v8'
// Without zod, so that a child stays small and starts quickly.
import { BailiwickError, errorText } from '@bailiwick/contract/world'

/** The child's side of `runChild`: reads one request from standard input, replies on standard output, and ends. */
export async function serveChild(handle: (request: unknown) => unknown): Promise<void> {
  // Not `process.exit`, which could lose a part of the reply. The process ends once all of it is written.
  process.stdout.write(JSON.stringify(await replyTo(handle)))
}

async function replyTo(handle: (request: unknown) => unknown): Promise<unknown> {
  try {
    return { ok: true, value: await handle(deserialize(await buffer(process.stdin))) }
  } catch (error) {
    const code = BailiwickError.isInstance(error) ? error.code : 'failed'
    return { ok: false, code, message: errorText(error) }
  }
}
