import { connectSigned } from '../identity/connect-signed.ts'
import type { Identity } from '../identity/identity.ts'
import { followLog } from '../log/follow-log.ts'
import { parseRefusal, type RefusalLine, type RefusedAction } from './parse-refusal.ts'

/** Something that the server refused. */
export interface Refusal {
  /** The user's name in its verified JWT; missing if the client never authenticated. */
  readonly user?: string
  readonly action: RefusedAction
  /** Cut at 200 characters. */
  readonly subject?: string
}

/** The refusals since the last batch. */
export interface Refusals {
  readonly refused: readonly Refusal[]
  /** Whether part of the log was skipped because there was too much of it, so that refusals are missing. */
  readonly incomplete: boolean
}

/** How many connections' user names are remembered. */
const MAX_REMEMBERED = 1_000

/**
 * Reports what a server refuses from now on, in batches a quarter of a second apart, until aborted. Reads the
 * server's log, because nats-server reports a violation to nobody but the client itself.
 */
export async function* followRefusals(
  server: { url: string; pid: number; log: string; identity: Identity },
  signal: AbortSignal,
): AsyncGenerator<Refusals> {
  const users = new Map<number, string>()
  for await (const { lines, skippedBytes } of followLog(server.log, signal)) {
    const refusals = lines
      .map(parseRefusal)
      .filter((line): line is RefusalLine => line !== undefined && line.pid === server.pid)
    if (refusals.length === 0 && skippedBytes === 0) continue
    const unknown = new Set(
      refusals.filter(({ action, cid }) => action !== 'connect' && !users.has(cid)).map(({ cid }) => cid),
    )
    if (unknown.size > 0) {
      // A server that has just died no longer answers. The refusals are still reported, without a user.
      const found = await userNames(server.url, server.identity, [...unknown]).catch(() => new Map())
      for (const [cid, name] of found) users.set(cid, name)
    }
    const refused = refusals.map(({ cid, action, subject }) => {
      const user = action === 'connect' ? undefined : users.get(cid)
      return { action, ...(user !== undefined && { user }), ...(subject !== undefined && { subject }) }
    })
    yield { refused, incomplete: skippedBytes > 0 }
    for (const cid of [...users.keys()].slice(0, Math.max(0, users.size - MAX_REMEMBERED))) users.delete(cid)
  }
}

/** How many connections are looked up at once, so that clients that keep reconnecting cause bounded work. */
const MAX_LOOKUPS = 16
const LOOKUP_TIMEOUT_MS = 2_000
/** Finds closed connections too. */
const ANY_STATE = 2

interface ConnzReply {
  readonly data?: { readonly connections?: readonly { readonly jwt?: string }[] }
}

/**
 * The verified user names of connections by connection id, from the server's system account. Connections that the
 * server has forgotten are missing.
 */
async function userNames(
  url: string,
  identity: Identity,
  cids: readonly number[],
): Promise<Map<number, string>> {
  const system = await connectSigned(url, identity.system, 'user-names')
  try {
    const found = await Promise.all(
      cids.slice(0, MAX_LOOKUPS).map(async (cid) => {
        const query = JSON.stringify({ cid, auth: true, state: ANY_STATE })
        const reply = await system.request('$SYS.REQ.SERVER.PING.CONNZ', query, {
          timeout: LOOKUP_TIMEOUT_MS,
        })
        return [cid, nameIn(reply.json<ConnzReply>().data?.connections?.[0]?.jwt)] as const
      }),
    )
    return new Map(found.flatMap(([cid, name]) => (name === undefined ? [] : [[cid, name]])))
  } finally {
    await system.close()
  }
}

function nameIn(jwt: string | undefined): string | undefined {
  const claims = jwt?.split('.')[1]
  if (claims === undefined) return undefined
  return (JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { name?: string }).name
}
