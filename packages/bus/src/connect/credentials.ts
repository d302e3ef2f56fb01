import { readFile } from 'node:fs/promises'
import { errorText, InputError, parseJson, TOKEN } from '@bailiwick/contract'
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node'
import { z } from 'zod'

const JWT =
  /-----BEGIN NATS USER JWT-----\s*([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\s*-+END NATS USER JWT-+/

/** An nkey seed on its own line. A `.creds` file has one too, between two marker lines. */
const SEED = /^SU[A-Z2-7]{56}$(?![\s\S]*-----END USER NKEY SEED)/m
const NKEY_USER = /^# *user: *(\S+)$/m

const claimsSchema = z.lazy(() => z.object({ name: z.string().optional(), exp: z.number().optional() }))

/** The text of the credentials as they are now. @throws InputError if the file is not readable */
export async function credentialsText(options: {
  creds?: string | (() => string)
  credsFile?: string
  signal?: AbortSignal
}): Promise<string | undefined> {
  const { creds, credsFile, signal } = options
  if (creds !== undefined) return typeof creds === 'string' ? creds : creds()
  if (credsFile === undefined) return undefined
  try {
    return await readFile(credsFile, { encoding: 'utf8', ...(signal !== undefined && { signal }) })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new InputError(`Cannot read the NATS credentials file ${credsFile}: ${errorText(error)}`, {
      cause: error,
    })
  }
}

/** The contents of a credentials file, and how the server can verify them. */
export interface Credentials {
  /** The user's name, which is also the name of its inbox; absent if the file does not say. */
  user?: string
  /** When they expire, Unix milliseconds; absent if never. */
  expires?: number
  /** @param read returns the file's text at every connect, so that renewing the file is enough */
  authenticator(read: () => string): Authenticator
}

/**
 * Parses a `.creds` file (a user JWT and its seed) or an nkey file (a seed, with `# user: <name>` on a line above).
 *
 * @throws InputError if the text is neither
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
  const claims = claimsSchema.safeParse(readClaims(text))
  if (!claims.success) {
    throw new InputError(
      'Expected NATS credentials: a .creds file with a user JWT and its seed, or an nkey seed. Found neither. `bailiwick env` and `bailiwick nats-config` write such files.',
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
  return payload === undefined ? undefined : parseJson(Buffer.from(payload, 'base64url').toString('utf8'))
}
