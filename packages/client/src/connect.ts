import { type Bus, type ConnectOptions, connectBus, connectFromEnv } from '@bailiwick/bus'

/** A connection to Bailiwick. Every function of this package takes it first. Disposing of it sends what is pending. */
export type Client = Bus

/** Where and how to connect. Without `url`, the environment names the server (`bailiwick env` prints it). */
export interface ConnectClientOptions extends Partial<ConnectOptions> {
  /** The environment that has `NATS_URL` and `NATS_CREDS`. Default: this process's. */
  env?: NodeJS.ProcessEnv
}

/**
 * Connects to Bailiwick at `url`, or as `NATS_URL` and `NATS_CREDS` say. The connection reconnects automatically,
 * without a limit.
 *
 * @throws BusError `bus-unreachable` if no server answers within `waitMs` (default 5,000), `bus-auth` if it refuses
 * the credentials; InputError if neither `url` nor `NATS_URL` is set.
 * @example
 * await using client = await connect()
 */
export function connect(options: ConnectClientOptions = {}): Promise<Client> {
  const { env, url, name = 'client', ...rest } = options
  return url === undefined ? connectFromEnv(name, env, rest) : connectBus({ ...rest, url, name })
}
