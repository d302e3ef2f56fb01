import { compareVersions } from '../binary/inspect-binary.ts'
import { ACCOUNT_LIMITS, type AccountLimits, type Identity } from '../identity/identity.ts'

/** Bounds of one server. Bytes, where not said otherwise. */
export interface ServerLimits extends AccountLimits {
  /** The largest message. Default 1 MiB; the server warns above 8 MiB. */
  readonly maxPayload?: number
  /** The longest protocol line, which holds a user's JWT. Default 64 KiB: the server's own 4 KiB are too few for a JWT with many subjects. */
  readonly maxControlLine?: number
  /** Soft memory limit of the process (GOMEMLIMIT). Default 256 MiB. */
  readonly memory?: number
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
  ...ACCOUNT_LIMITS,
}

/** The text of nats.conf. It holds public keys and JWTs, no seeds. */
export function serverConfig(options: {
  host: string
  /** -1: whichever is free. */
  port: number
  identity: Identity
  paths: ServerPaths
  limits: Required<ServerLimits>
  /** Of the server that reads it: one below 2.10 refuses settings that it does not know. */
  version: string
}): string {
  const { host, port, identity, paths, limits, version } = options
  // JSON strings are valid strings of this format, with Windows' backslashes escaped.
  const text = (value: string) => JSON.stringify(value)
  return `server_name: ${serverName(identity)}
host: ${text(host)}
port: ${port}
ports_file_dir: ${text(paths.ports)}
log_file: ${text(paths.log)}
logfile_size_limit: 16MB
${compareVersions(version, '2.10.0') < 0 ? '' : 'logfile_max_num: 2\n'}max_payload: ${limits.maxPayload}
max_control_line: ${limits.maxControlLine}
# A stopped client is noticed within 6 s; the server's own default takes 4 min.
ping_interval: "2s"
ping_max: 2
jetstream {
  store_dir: ${text(paths.store)}
}
${trustLines(identity)}`
}

/** Whom the server trusts: the operator, and its accounts. */
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

/** What the server calls itself in its greeting: proves whose data directory it serves. */
export function serverName(identity: Identity): string {
  return `embedded-${identity.operator.getPublicKey()}`
}
