import { readFile } from 'node:fs/promises'
import { InputError, TOKEN } from '@bailiwick/core/contract'
import { z } from 'zod'

const JWT =
  /-----BEGIN NATS USER JWT-----\s*([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\s*-+END NATS USER JWT-+/

/** The text of a credentials file. @throws InputError that names the file, when it cannot be read. */
export async function readCredsFile(file: string, signal?: AbortSignal): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new InputError(`cannot read the NATS credentials file ${file}: ${reason(error)}`, { cause: error })
  }
}

/**
 * The user's name as its credentials say, which is also the name of its inbox.
 * @throws InputError when the text is no credentials file.
 */
export function credsUser(creds: string): string | undefined {
  const claims = z.object({ name: z.string().optional() }).safeParse(readClaims(creds))
  if (!claims.success) {
    throw new InputError(
      'these NATS credentials cannot be read: wanted a .creds file with a user JWT and its seed (`bailiwick env` writes one)',
    )
  }
  return claims.data.name !== undefined && TOKEN.test(claims.data.name) ? claims.data.name : undefined
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
