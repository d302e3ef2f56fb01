import { InputError } from '@bailiwick/core/contract'
import type { Bus } from './bus.ts'
import { connectBus } from './connect-bus.ts'

/**
 * Connects with what `bailiwick env` exports: `NATS_URL`, and `NATS_CREDS` (the path of a credentials
 * file) where the server asks for credentials.
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
  return connectBus({ url, name, ...(credsFile ? { credsFile } : {}), ...options })
}
