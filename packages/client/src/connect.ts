import { type Bus, type ConnectOptions, connectBus, connectFromEnv } from '@bailiwick/bus'

/** A connection: what every function of this package takes first. Disposing it drains it. */
export type Client = Bus

/** Everything is optional: without `url`, the environment says where (`bailiwick env` prints it). */
export interface ConnectClientOptions extends Partial<ConnectOptions> {
  /** Where `NATS_URL` and `NATS_CREDS` are looked up. Default: this process's environment. */
  env?: NodeJS.ProcessEnv
}

/**
 * Connects to Bailiwick: to `url`, or to what `NATS_URL` and `NATS_CREDS` say. Reconnects for ever.
 *
 * @throws BusError `bus-unreachable`, `bus-auth`; an error with code `bad-input` when nothing says where.
 * @example
 * await using client = await connect()
 */
export function connect(options: ConnectClientOptions = {}): Promise<Client> {
  const { env, url, name = 'client', ...rest } = options
  return url === undefined ? connectFromEnv(name, env, rest) : connectBus({ ...rest, url, name })
}
