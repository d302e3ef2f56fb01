import { readFile } from 'node:fs/promises'
import { InputError, TOKEN } from '@bailiwick/contract'
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node'
import { z } from 'zod'

const JWT =
  /-----BEGIN NATS USER JWT-----\s*([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\s*-+END NATS USER JWT-+/

/** An nkey seed on a line of its own; in a `.creds` file it stands between two others. */
const SEED = /^SU[A-Z2-7]{56}$(?![\s\S]*-----END USER NKEY SEED)/m
const NKEY_USER = /^# *user: *(\S+)$/m

/** The text of a credentials file. @throws InputError that names the file, when it cannot be read. */
async function readCredsFile(file: string, signal?: AbortSignal): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', ...(signal !== undefined && { signal }) })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new InputError(`cannot read the NATS credentials file ${file}: ${reason(error)}`, { cause: error })
  }
}

/** The credentials that a connection is made with, as they are now. */
export async function credsText(options: {
  creds?: string | (() => string)
  credsFile?: string
  signal?: AbortSignal
}): Promise<string | undefined> {
  const { creds, credsFile, signal } = options
  if (creds !== undefined) return typeof creds === 'string' ? creds : creds()
  return credsFile === undefined ? undefined : readCredsFile(credsFile, signal)
}

/** What a credentials file holds, and how it is proven to the server. */
export interface Credentials {
  /** The user's name, which is also the name of its inbox; absent where the file does not say. */
  user?: string
  /** When they end by themselves, milliseconds since 1970. */
  expires?: number
  /** @param read gives the file's text at every connection, so that renewing it is enough */
  authenticator(read: () => string): Authenticator
}

/**
 * Reads a `.creds` file (a user JWT and its seed), or an nkey file (a seed, and `# user: <name>` in a line
 * before it).
 *
 * @throws InputError when the text is neither.
 */
export function readCredentials(text: string): Credentials {
  const seed = SEED.exec(text)?.[0]
  if (seed !== undefined) {
    const user = NKEY_USER.exec(text)?.[1]
    return {
      ...(user !== undefined && TOKEN.test(user) && { user }),
      authenticator: (read) => nkeyAuthenticator(() => Buffer.from(SEED.exec(read())?.[0] ?? '')),
    }
  }
  const claims = z
    .object({ name: z.string().optional(), exp: z.number().optional() })
    .safeParse(readClaims(text))
  if (!claims.success) {
    throw new InputError(
      'these NATS credentials cannot be read: wanted a .creds file with a user JWT and its seed, or an nkey seed (`bailiwick env` and `bailiwick nats-config` write them)',
    )
  }
  const { name, exp } = claims.data
  return {
    ...(name !== undefined && TOKEN.test(name) && { user: name }),
    ...(exp !== undefined && { expires: exp * 1_000 }),
    authenticator: (read) => credsAuthenticator(() => Buffer.from(read())),
  }
}

function readClaims(creds: string): unknown {
  const payload = JWT.exec(creds)?.[1]?.split('.')[1]
  if (payload === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
