import { resolve } from 'node:path'
import { InputError } from '@bailiwick/contract'
import type { Bus } from './bus.ts'
import { type ConnectOptions, connectBus } from './connect-bus.ts'

/**
 * Connects with what `bailiwick env` exports: `NATS_URL`, and `NATS_CREDS` (the path of a `.creds` or nkey
 * file) where the server asks for credentials. A user and a password stand in the URL. For TLS: `NATS_CA`,
 * and `NATS_CERT` with `NATS_KEY` where the server wants a certificate of the client; paths of PEM files.
 *
 * @throws InputError when `NATS_URL` is not set; otherwise as {@link connectBus}.
 * @example
 * await using bus = await connectFromEnv('dashboard')
 */
export async function connectFromEnv(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  options: Pick<ConnectOptions, 'signal' | 'waitMs' | 'refusedMs'> = {},
): Promise<Bus> {
  const { url, credsFile, tls } = accessFromEnv(env)
  if (url === undefined) {
    throw new InputError(
      'NATS_URL is not set: run `eval "$(bailiwick env)"` beside a running daemon, or set it',
    )
  }
  return connectBus({ url, name, ...(credsFile && { credsFile }), ...tlsFromEnv(tls), ...options })
}

/** How a server is reached, for this process and those that it starts. */
export interface BusAccess {
  url?: string
  /** Absolute path. */
  credsFile?: string
  /** The variables that name TLS files, with absolute paths. */
  tls: Record<string, string>
}

/** The variables that name TLS files, as `nats` itself knows them. */
const TLS_VARIABLES = ['NATS_CA', 'NATS_CERT', 'NATS_KEY'] as const

/**
 * Reads what `bailiwick env` exports. Paths are made absolute: they are this process's own, and those that
 * start from here have other folders.
 *
 * @param otherwise holds where `env` does not say: the configuration, under the same names
 */
export function accessFromEnv(env: NodeJS.ProcessEnv, otherwise: NodeJS.ProcessEnv = {}): BusAccess {
  const given = (name: string) => env[name] || otherwise[name] || undefined
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

/** Certificates that the environment names. @throws InputError where one of a pair is missing */
export function tlsFromEnv(env: NodeJS.ProcessEnv): Pick<ConnectOptions, 'tls'> {
  const { NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = env
  if (!caFile && !certFile && !keyFile) return {}
  if (!certFile !== !keyFile) {
    throw new InputError(
      'NATS_CERT and NATS_KEY go together: the certificate and its key, paths of PEM files',
    )
  }
  return {
    tls: {
      ...(caFile && { caFile }),
      ...(certFile && keyFile && { certFile, keyFile }),
    },
  }
}
