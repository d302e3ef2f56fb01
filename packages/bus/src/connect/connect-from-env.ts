import { resolve } from 'node:path'
import { InputError } from '@bailiwick/contract'
import type { Bus } from './bus.ts'
import { type ConnectOptions, connectBus } from './connect-bus.ts'

/**
 * Connects with the variables that `bailiwick env` exports: `NATS_URL`, and `NATS_CREDS` (the path of a `.creds` or
 * nkey file) if the server asks for credentials. The URL may contain a user and a password. For TLS: `NATS_CA`, and
 * `NATS_CERT` with `NATS_KEY` if the server asks for a client certificate; all are paths of PEM files.
 *
 * @throws InputError if `NATS_URL` is not set; otherwise as {@link connectBus}
 * @example
 * await using bus = await connectFromEnv('dashboard')
 */
export async function connectFromEnv(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  options: Pick<ConnectOptions, 'signal' | 'waitMs' | 'refusedMs' | 'storesFiles'> = {},
): Promise<Bus> {
  const { url, credsFile, tls } = accessFromEnv(env)
  if (url === undefined) {
    throw new InputError(
      'NATS_URL is not set. Run `eval "$(bailiwick env)"` while the daemon runs, or set it yourself.',
    )
  }
  return connectBus({ url, name, ...(credsFile && { credsFile }), ...tlsFromEnv(tls), ...options })
}

/** How to reach a server, for this process and its child processes. */
export interface BusAccess {
  url?: string
  /** Absolute path. */
  credsFile?: string
  /** The variables for TLS, with absolute paths. */
  tls: Record<string, string>
}

/** The variables for TLS, named as the `nats` command names them. */
const TLS_VARIABLES = ['NATS_CA', 'NATS_CERT', 'NATS_KEY'] as const

/**
 * Reads the variables that `bailiwick env` exports. Makes the paths absolute, because child processes run in other
 * folders.
 *
 * @param defaults used for variables that `env` does not have: the configuration, under the same names
 */
export function accessFromEnv(env: NodeJS.ProcessEnv, defaults: NodeJS.ProcessEnv = {}): BusAccess {
  const given = (name: string) => env[name] || defaults[name] || undefined
  const [url, credsFile] = [given('NATS_URL'), given('NATS_CREDS')]
  const tls = TLS_VARIABLES.flatMap((name): [string, string][] => {
    const path = given(name)
    return path === undefined ? [] : [[name, resolve(path)]]
  })
  return {
    ...(url !== undefined && { url }),
    ...(credsFile !== undefined && { credsFile: resolve(credsFile) }),
    tls: Object.fromEntries(tls),
  }
}

/** The TLS options that the environment names. @throws InputError if one of a certificate and its key is missing */
export function tlsFromEnv(env: NodeJS.ProcessEnv): Pick<ConnectOptions, 'tls'> {
  const { NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = env
  if (!caFile && !certFile && !keyFile) return {}
  if (!certFile !== !keyFile) {
    const missing = certFile ? 'NATS_KEY' : 'NATS_CERT'
    throw new InputError(
      `Expected both NATS_CERT and NATS_KEY, the paths of a certificate and its key. ${missing} is not set.`,
    )
  }
  return {
    tls: {
      ...(caFile && { caFile }),
      ...(certFile && keyFile && { certFile, keyFile }),
    },
  }
}
