import { createServer } from 'node:net'
import { NatsServerError } from '../nats-server-error.ts'

/** The standard NATS port. If it is taken, the next free port up to {@link LAST_PORT} is used. */
const FIRST_PORT = 4222
const LAST_PORT = 4321

/** Tells nats-server to choose a free port and to write it to its ports file. */
const ANY = -1

/**
 * Yields ports to try, one by one. Each was free when it was checked; the caller asks for the next one if
 * another program has taken it since.
 *
 * @param port a fixed port; 0 for any free port; undefined for 4222 or the next free port
 * @param remembered the port of the last start, which clients still know; preferred unless a port is fixed
 * @throws NatsServerError `port-taken` if the fixed port is taken, or no port is left to try
 */
export async function* candidatePorts(
  host: string,
  port: number | undefined,
  remembered: number | undefined,
): AsyncGenerator<number, never> {
  if (port !== undefined && port !== 0) {
    if (await isPortFree(host, port)) yield port
    throw new NatsServerError(
      'port-taken',
      `Expected port ${port} on ${host} to be free, but another program uses it. ` +
        'Stop that program, choose another port, or choose none to get a free one.',
    )
  }
  if (remembered !== undefined && (await isPortFree(host, remembered))) yield remembered
  if (port === 0) while (true) yield ANY
  for (let next = FIRST_PORT; next <= LAST_PORT; next++) if (await isPortFree(host, next)) yield next
  throw new NatsServerError(
    'port-taken',
    `Expected a free port from ${FIRST_PORT} to ${LAST_PORT} on ${host}, but all are taken. ` +
      'Stop a program that uses one, or choose a free port.',
  )
}

function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
