import { readFile } from 'node:fs/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { type ServerExit, STORE_HELD } from './server-process.ts'

const PORT_TAKEN = /address already in use|Only one usage of each socket address/i
const LAST_LINES = 5

/**
 * Explains why a server ended before it answered.
 *
 * @param server `logStart` is the log's size in bytes before this start
 * @returns `port-taken`, `store-locked`, or `start-failed` with the server's last lines
 */
export async function startError(
  exit: ServerExit,
  server: { version: string; store: string; log: string; logStart: number },
): Promise<NatsServerError> {
  const { version, store, log } = server
  if (exit.code === STORE_HELD) {
    return new NatsServerError(
      'store-locked',
      `Expected an unused store, found a nats-server on ${store} that is not visible from here; it may run in ` +
        'another container. Stop it, or use another data directory.',
    )
  }
  const text = await textFrom(log, server.logStart)
  const lines = text.trim().split('\n').slice(-LAST_LINES).join('\n')
  const code = PORT_TAKEN.test(text) ? 'port-taken' : 'start-failed'
  return new NatsServerError(
    code,
    `nats-server ${version} ended while it started (${exit.signal ?? `exit code ${exit.code}`}). ` +
      `Its last lines, from ${log}:\n${lines || '(none)'}`,
  )
}

/** The text after this many bytes, or all of it if the log was rotated in between. */
async function textFrom(path: string, start: number): Promise<string> {
  const bytes = await readFile(path)
  return bytes.toString('utf8', bytes.length < start ? 0 : start)
}
