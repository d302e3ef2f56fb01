import { createServer } from 'node:net'
import { NatsServerError } from '../nats-server-error.ts'

/** The port of NATS; where it is taken, the next free one up to {@link LAST_PORT} is used. */
const FIRST_PORT = 4222
const LAST_PORT = 4321

/** Lets the server choose, and say which in its ports file. */
const ANY = -1

/**
 * Ports to try in turn; each was free a moment ago.
 *
 * @param port a fixed one, 0 for any, or nothing for 4222 or the next free one
 * @param remembered the port of the last start, preferred where none is fixed: clients still know it
 * @throws NatsServerError `port-taken` where the fixed port is, or where there is none left to try
 */
export async function* candidatePorts(
  host: string,
  port: number | undefined,
  remembered: number | undefined,
): AsyncGenerator<number, never> {
  if (port !== undefined && port !== 0) {
    if (await isPortFree(host, port)) yield port
    throw portTaken(host, port)
  }
  if (remembered !== undefined && (await isPortFree(host, remembered))) yield remembered
  if (port === 0) while (true) yield ANY
  for (let next = FIRST_PORT; next <= LAST_PORT; next++) if (await isPortFree(host, next)) yield next
  throw new NatsServerError(
    'port-taken',
    `All ports from ${FIRST_PORT} to ${LAST_PORT} on ${host} are taken. Stop a program there, or name a free port.`,
  )
}

function portTaken(host: string, port: number): NatsServerError {
  return new NatsServerError(
    'port-taken',
    `Port ${port} on ${host} is taken by another program. Stop it, choose another port, or choose none to get a free one.`,
  )
}

function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
