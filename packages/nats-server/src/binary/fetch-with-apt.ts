import { AptError, type FetchOptions, fetchProgram } from '@bailiwick/debian'
import { NatsServerError } from '../nats-server-error.ts'

/**
 * Debian's releases before forky have a nats-server without security fixes, so forky's is tried first.
 * Ubuntu has it in universe, also where the machine itself does not use universe.
 */
const NATS_SERVER = {
  package: 'nats-server',
  file: 'usr/sbin/nats-server',
  newerSuites: { debian: ['forky'] },
  components: { ubuntu: 'universe' },
}

/** The distribution's own nats-server. @throws NatsServerError `fetch-failed` where apt cannot serve */
export async function fetchWithApt(scratch: string, options: FetchOptions = {}): Promise<string> {
  try {
    return await fetchProgram(scratch, NATS_SERVER, options)
  } catch (error) {
    if (!(error instanceof AptError)) throw error
    throw new NatsServerError('fetch-failed', error.message, { cause: error })
  }
}
