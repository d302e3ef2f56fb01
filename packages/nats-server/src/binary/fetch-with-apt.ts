import { AptError, type FetchOptions, fetchProgram } from '@bailiwick/debian'
import { NatsServerError } from '../nats-server-error.ts'

/**
 * Debian's releases before forky package a nats-server without security fixes, so forky is tried first. Ubuntu
 * packages it in universe, which need not be enabled on the machine.
 */
const NATS_SERVER = {
  package: 'nats-server',
  file: 'usr/sbin/nats-server',
  newerSuites: { debian: ['forky'] },
  components: { ubuntu: 'universe' },
}

/**
 * Fetches the distribution's nats-server.
 *
 * @param scratch an empty folder
 * @returns the path of the executable in it
 * @throws NatsServerError `fetch-failed` if apt cannot provide it
 */
export async function fetchWithApt(scratch: string, options: FetchOptions = {}): Promise<string> {
  try {
    return await fetchProgram(scratch, NATS_SERVER, options)
  } catch (error) {
    if (!(error instanceof AptError)) throw error
    throw new NatsServerError('fetch-failed', error.message, { cause: error })
  }
}
