import type { Identity } from '../identity/identity.ts'
import { followLog } from './follow-log.ts'
import { parseRefusal, type RefusalLine, type RefusedAction } from './parse-refusal.ts'
import { whoIs } from './who-is.ts'

/** Something that the server refused. */
export interface Refusal {
  /** The user's name, as its JWT says; undefined where nobody has proved to be anybody. */
  readonly user?: string
  readonly action: RefusedAction
  /** Cut at 200 characters. */
  readonly subject?: string
}

/** What was refused since the last batch. */
export interface Refusals {
  readonly refused: readonly Refusal[]
  /** There was so much that a part of the log was not read: these are the least. */
  readonly incomplete: boolean
}

/** Connections whose users are remembered. */
const REMEMBERED = 1_000

/**
 * What a server refuses from now on, in batches a quarter of a second apart, until aborted. It is the
 * server's own word, from its log: nats-server tells nobody but the client itself of a violation.
 */
export async function* followRefusals(
  server: { url: string; pid: number; log: string; identity: Identity },
  signal: AbortSignal,
): AsyncGenerator<Refusals> {
  const known = new Map<number, string>()
  for await (const { lines, passedOver } of followLog(server.log, signal)) {
    const said = lines
      .map(parseRefusal)
      .filter((line): line is RefusalLine => line !== undefined && line.pid === server.pid)
    if (said.length === 0 && passedOver === 0) continue
    const unknown = new Set(
      said.filter(({ action, cid }) => action !== 'connect' && !known.has(cid)).map(({ cid }) => cid),
    )
    if (unknown.size > 0) {
      // A server that has just died cannot be asked any more; that it refused something stays true.
      const found = await whoIs(server.url, server.identity, [...unknown]).catch(() => new Map())
      for (const [cid, name] of found) known.set(cid, name)
    }
    const refused = said.map(({ cid, action, subject }) => {
      const user = action === 'connect' ? undefined : known.get(cid)
      return { action, ...(user !== undefined && { user }), ...(subject !== undefined && { subject }) }
    })
    yield { refused, incomplete: passedOver > 0 }
    for (const cid of [...known.keys()].slice(0, Math.max(0, known.size - REMEMBERED))) known.delete(cid)
  }
}
