import { headers } from '@nats-io/transport-node'
import { inboxPrefix } from '../protocol/places.ts'
import type { Bus } from './bus.ts'
import { type ConnectOptions, connectBus } from './connect-bus.ts'
import { credsText } from './credentials.ts'

/** What a server that somebody else runs is, and what it lacks. */
export interface ServerCheck {
  version: string
  /** What does not work on it, each with what to set. Empty: nothing was found. */
  problems: string[]
}

/** A credential with many grants is one line of the protocol, bytes. */
const CONTROL_LINE = 32 * 1024
/** Journal records and results are split at what the server takes, and below this they are mostly overhead, bytes. */
const PAYLOAD = 256 * 1024

/**
 * Looks at a server as the coordinator will use it: version, JetStream, rights, and the limits that a small
 * team does not meet.
 *
 * @throws BusError as {@link connectBus}
 */
export async function checkServer(options: ConnectOptions): Promise<ServerCheck> {
  await using bus = await connectBus(options)
  const { version = '0', max_payload = 0, headers: hasHeaders } = bus.connection.info ?? {}
  const problems: string[] = []
  if (olderThan(version, [2, 9])) problems.push(`nats-server ${version} is too old: wanted 2.9 or newer`)
  if (hasHeaders !== true) problems.push('headers are off: remove no_header_support from its configuration')
  if (max_payload < PAYLOAD) {
    problems.push(`max_payload is ${max_payload}: set at least ${PAYLOAD}; the default of 1 MB is right`)
  }
  const jetstream = await jetstreamProblem(bus)
  if (jetstream !== undefined) problems.push(jetstream)
  if ((await needsLongLines(options)) && !(await takesLongLines(options, bus.user))) {
    problems.push(`lines of ${CONTROL_LINE} bytes are refused: set max_control_line to 65536 or more`)
  }
  return { version, problems }
}

async function jetstreamProblem(bus: Bus): Promise<string | undefined> {
  try {
    const { limits } = await bus.jsm.getAccountInfo()
    return limits.max_storage === 0 ? 'JetStream has no file storage for this account' : undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `JetStream cannot be used by these credentials (${why}): enable it for the account, and allow the coordinator everything inside it`
  }
}

/** The server closes a connection that sends it a longer line than it takes: so this one is its own. */
async function takesLongLines(options: ConnectOptions, user: string | undefined): Promise<boolean> {
  const bus = await connectBus({ ...options, name: `${options.name}-check` })
  const { connection } = bus
  const base = user === undefined ? '_INBOX' : inboxPrefix(user)
  const tokens = Array.from({ length: CONTROL_LINE / 128 }, () => 'x'.repeat(127))
  const lost = new Promise<false>((resolve) => bus.link.onLost(() => resolve(false)))
  connection.publish([base, ...tokens].join('.'), '', { headers: headers() })
  const taken = connection.flush().then(
    () => true,
    () => false,
  )
  return Promise.race([taken, lost]).finally(() => bus.close())
}

/** Of all credentials, only a JWT holds its permissions. */
async function needsLongLines(options: ConnectOptions): Promise<boolean> {
  return (await credsText(options))?.includes('USER JWT') ?? false
}

function olderThan(version: string, [wantedMajor, wantedMinor]: [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}
