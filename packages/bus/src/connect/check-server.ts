import { errorText } from '@bailiwick/contract'
import { headers } from '@nats-io/transport-node'
import { inboxPrefix } from '../protocol/places.ts'
import type { Bus } from './bus.ts'
import { type ConnectOptions, connectBus } from './connect-bus.ts'
import { credentialsText } from './credentials.ts'
import { isOlder } from './server-version.ts'

/** The result of checking a server that somebody else runs. */
export interface ServerCheck {
  version: string
  /** What does not work on this server, and what to set. Empty if no problem was found. */
  problems: string[]
}

/** The length of a protocol line that the server must accept, bytes: a credential with many grants is one line. */
const CONTROL_LINE = 32 * 1024
/** The least useful `max_payload`, bytes: journal records and results are split at it, and smaller pieces are mostly overhead. */
const MIN_PAYLOAD = 256 * 1024

/**
 * Checks a server for what the coordinator needs: version, JetStream, permissions, and limits that a small team does
 * not reach.
 *
 * @throws BusError as {@link connectBus}
 */
export async function checkServer(options: ConnectOptions): Promise<ServerCheck> {
  await using bus = await connectBus(options)
  const { version = '0', max_payload = 0, headers: hasHeaders } = bus.connection.info ?? {}
  const problems: string[] = []
  if (isOlder(version, [2, 9])) problems.push(`Expected nats-server 2.9 or newer, found ${version}.`)
  if (hasHeaders !== true) {
    problems.push('Headers are disabled. Remove no_header_support from the configuration.')
  }
  if (max_payload < MIN_PAYLOAD) {
    problems.push(
      `Expected max_payload of at least ${MIN_PAYLOAD}, found ${max_payload}. Use the default of 1 MB.`,
    )
  }
  const jetstream = await jetstreamProblem(bus)
  if (jetstream !== undefined) problems.push(jetstream)
  if ((await needsLongLines(options)) && !(await acceptsLongLines(options, bus.user))) {
    problems.push(`The server refuses lines of ${CONTROL_LINE} bytes. Set max_control_line to 65536 or more.`)
  }
  return { version, problems }
}

async function jetstreamProblem(bus: Bus): Promise<string | undefined> {
  try {
    const { limits } = await bus.jsm.getAccountInfo()
    return limits.max_storage === 0 ? 'JetStream has no file storage for this account.' : undefined
  } catch (error) {
    return `These credentials cannot use JetStream (${errorText(error)}). Enable it for the account, and allow the coordinator everything in it.`
  }
}

/** Uses a connection of its own, because the server closes a connection that sends a line that is too long. */
async function acceptsLongLines(options: ConnectOptions, user: string | undefined): Promise<boolean> {
  const bus = await connectBus({ ...options, name: `${options.name}-check` })
  const { connection } = bus
  const base = user === undefined ? '_INBOX' : inboxPrefix(user)
  const tokens = Array.from({ length: CONTROL_LINE / 128 }, () => 'x'.repeat(127))
  const disconnected = new Promise<false>((resolve) => bus.link.onDisconnect(() => resolve(false)))
  connection.publish([base, ...tokens].join('.'), '', { headers: headers() })
  const accepted = connection.flush().then(
    () => true,
    () => false,
  )
  return Promise.race([accepted, disconnected]).finally(() => bus.close())
}

/** Only a JWT contains the permissions, so only then a credential is a long line. */
async function needsLongLines(options: ConnectOptions): Promise<boolean> {
  return (await credentialsText(options))?.includes('USER JWT') ?? false
}
