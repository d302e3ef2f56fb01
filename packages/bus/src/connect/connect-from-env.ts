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
  options: { signal?: AbortSignal; waitMs?: number } = {},
): Promise<Bus> {
  const url = env.NATS_URL
  if (url === undefined || url === '') {
    throw new InputError(
      'NATS_URL is not set: run `eval "$(bailiwick env)"` beside a running daemon, or set it',
    )
  }
  const credsFile = env.NATS_CREDS
  return connectBus({ url, name, ...(credsFile ? { credsFile } : {}), ...tlsFromEnv(env), ...options })
}

/** The variables that name TLS files, as `nats` itself knows them. */
export const TLS_VARIABLES = ['NATS_CA', 'NATS_CERT', 'NATS_KEY'] as const

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
      ...(caFile ? { caFile } : {}),
      ...(certFile && keyFile ? { certFile, keyFile } : {}),
    },
  }
}
