import { connectSigned } from '../identity/connect-signed.ts'
import type { Identity } from '../identity/identity.ts'

/** Connections that are looked up at once; a client that reconnects all the time makes no more work. */
const MAX_LOOKUPS = 16

interface ConnzReply {
  readonly data?: { readonly connections?: readonly { readonly jwt?: string }[] }
}

/**
 * The names of the users behind connections, open or closed: those that they proved with their JWT, as the
 * server tells the system account. A connection that the server has forgotten is missing.
 */
export async function whoIs(
  url: string,
  identity: Identity,
  cids: readonly number[],
): Promise<Map<number, string>> {
  const system = await connectSigned(url, identity.system, 'who-is')
  try {
    const found = await Promise.all(
      cids.slice(0, MAX_LOOKUPS).map(async (cid) => {
        const query = JSON.stringify({ cid, auth: true, state: ANY_STATE })
        const reply = await system.request('$SYS.REQ.SERVER.PING.CONNZ', query, { timeout: 2_000 })
        return [cid, nameIn(reply.json<ConnzReply>().data?.connections?.[0]?.jwt)] as const
      }),
    )
    return new Map(found.flatMap(([cid, name]) => (name === undefined ? [] : [[cid, name]])))
  } finally {
    await system.close()
  }
}

const ANY_STATE = 2

function nameIn(jwt: string | undefined): string | undefined {
  const claims = jwt?.split('.')[1]
  if (claims === undefined) return undefined
  return (JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { name?: string }).name
}
