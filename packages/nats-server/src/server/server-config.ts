import { compareVersions } from '../binary/inspect-binary.ts'
import { ACCOUNT_LIMITS, type AccountLimits, type Identity } from '../identity/identity.ts'

/** Limits of one server. Sizes are in bytes. */
export interface ServerLimits extends AccountLimits {
  /** The largest message. Default 1 MiB; the server warns above 8 MiB. */
  readonly maxPayload?: number
  /**
   * The longest protocol line. Default 64 KiB: a user's JWT is one line, and the server's own default of 4 KiB is
   * too short for a JWT with many subjects.
   */
  readonly maxControlLine?: number
  /** Soft memory limit of the process (GOMEMLIMIT). Default 256 MiB. */
  readonly memory?: number
  /**
   * The most that JetStream stores. Default 2^53, so that only the disk limits it. The server's own default is 75% of
   * what is free at its start: a server that starts on a nearly full disk stores nothing, however much is freed later.
   */
  readonly maxStore?: number
}

export interface ServerPaths {
  readonly store: string
  readonly ports: string
  readonly log: string
}

export const DEFAULT_LIMITS: Required<ServerLimits> = {
  maxPayload: 1024 * 1024,
  maxControlLine: 64 * 1024,
  memory: 256 * 1024 * 1024,
  maxStore: 2 ** 53,
  ...ACCOUNT_LIMITS,
}

/** The text of nats.conf. It holds public keys and JWTs, never seeds. */
export function serverConfig(options: {
  host: string
  /** -1 for any free port. */
  port: number
  identity: Identity
  paths: ServerPaths
  limits: Required<ServerLimits>
  /** The version of the server that reads it: servers below 2.10 reject unknown settings. */
  version: string
}): string {
  const { host, port, identity, paths, limits, version } = options
  // JSON strings are valid here too, and escape the backslashes of Windows paths.
  const text = (value: string) => JSON.stringify(value)
  return `server_name: ${serverName(identity)}
host: ${text(host)}
port: ${port}
ports_file_dir: ${text(paths.ports)}
log_file: ${text(paths.log)}
logfile_size_limit: 16MB
${compareVersions(version, '2.10.0') < 0 ? '' : 'logfile_max_num: 2\n'}${connectionLines(limits)}jetstream {
  store_dir: ${text(paths.store)}
  max_file_store: ${limits.maxStore}
}
${trustLines(identity)}`
}

/** Settings that every server of Bailiwick needs, embedded or external. */
export function connectionLines({
  maxPayload,
  maxControlLine,
}: Pick<Required<ServerLimits>, 'maxPayload' | 'maxControlLine'>): string {
  return `max_payload: ${maxPayload}
# A user's JWT is one protocol line and may exceed the default of 4096 bytes.
max_control_line: ${maxControlLine}
# The server notices a stopped client within 6 s instead of the default 4 min.
ping_interval: "2s"
ping_max: 2
`
}

/** The settings that make the server trust the operator and its two accounts. */
export function trustLines({ operatorJwt, system, systemJwt, account, accountJwt }: Identity): string {
  return `operator: ${operatorJwt}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
  ${system.getPublicKey()}: ${systemJwt}
  ${account.getPublicKey()}: ${accountJwt}
}
`
}

/** The name that the server sends in its greeting, which proves whose data directory it serves. */
export function serverName(identity: Identity): string {
  return `embedded-${identity.operator.getPublicKey()}`
}
