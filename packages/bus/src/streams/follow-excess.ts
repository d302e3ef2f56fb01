import { parseJson } from '@bailiwick/contract'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'

/** A user who has more readers of streams than anybody needs. */
export interface Excess {
  /** As the server knows it: for a JWT its public key. */
  user: string
  /** The name in its JWT. */
  name: string
  readers: number
}

const AUDIT = '$JS.EVENT.ADVISORY.API'
const DELETED = '$JS.EVENT.ADVISORY.CONSUMER.DELETED.'
const CREATE = /^\$JS\.API\.CONSUMER\.(?:DURABLE\.)?CREATE\./
/** Deleted at once: enough to be quick, and little enough not to be a flood of ours. */
const AT_ONCE = 50

const auditSchema = z.lazy(() =>
  z.object({
    type: z.literal('io.nats.jetstream.advisory.v1.api_audit'),
    client: z.object({ user: z.string(), name_tag: z.string().optional() }),
    subject: z.string().regex(CREATE),
    response: z.string(),
  }),
)
const createdSchema = z.lazy(() => z.object({ stream_name: z.string(), name: z.string() }))

export interface ExcessOptions {
  /** Consumers that one user may have at once. */
  limit: number
  /** Takes a user's rights away, before it is told of. @returns whether it has none any more */
  withdraw(user: string): Promise<boolean>
}

/**
 * Users who make more consumers than `limit`, until aborted, by what the server tells the account of its own work.
 * A stream takes a bounded number of them: who makes them all keeps everybody else from reading. After each that it
 * yields, those consumers are deleted, and of a user without rights also those that the server had still to make.
 * For the coordinator, who is never one of them.
 */
export async function* followExcess(
  bus: Bus,
  { limit, withdraw }: ExcessOptions,
  signal: AbortSignal,
): AsyncGenerator<Excess> {
  const owners = new Map<string, string>()
  const owned = new Map<string, Set<string>>()
  const names = new Map<string, string>()
  const found: string[] = []
  const withdrawn = new Set<string>()
  let wake = () => {}

  const forget = (reader: string) => {
    const user = owners.get(reader)
    if (user === undefined) return
    owners.delete(reader)
    const readers = owned.get(user)
    readers?.delete(reader)
    if (readers?.size === 0) owned.delete(user)
  }
  const audits = bus.connection.subscribe(AUDIT, {
    callback: (error, message) => {
      // Anybody can have a stored message delivered here, which then bears the subject that it was stored under.
      if (error !== null || message.subject !== AUDIT) return
      const audit = auditSchema.safeParse(parseJson(message.string()))
      const created = createdSchema.safeParse(parseJson(audit.data?.response ?? ''))
      if (!audit.success || !created.success) return
      const { user, name_tag = user } = audit.data.client
      if (name_tag === bus.user) return
      const reader = `${created.data.stream_name} ${created.data.name}`
      if (owners.has(reader)) return
      const readers = owned.get(user) ?? new Set()
      owners.set(reader, user)
      owned.set(user, readers.add(reader))
      names.set(user, name_tag)
      if (readers.size <= (withdrawn.has(user) ? 0 : limit) || found.includes(user)) return
      found.push(user)
      wake()
    },
  })
  const deletions = bus.connection.subscribe(`${DELETED}>`, {
    callback: (error, message) => {
      if (error !== null || !message.subject.startsWith(DELETED)) return
      forget(message.subject.slice(DELETED.length).replace('.', ' '))
    },
  })
  const aborted = () => wake()
  signal.addEventListener('abort', aborted)
  try {
    while (!signal.aborted && !bus.closed.aborted) {
      const user = found.shift()
      if (user === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
          if (found.length > 0 || signal.aborted) resolve()
        })
        continue
      }
      await forgetEnded(bus, owned.get(user) ?? [], forget)
      // An end may be told before its beginning: what was counted is compared with what there is.
      const readers = owned.get(user)?.size ?? 0
      if (!withdrawn.has(user)) {
        if (readers <= limit) continue
        if (await withdraw(user)) withdrawn.add(user)
        yield { user, name: names.get(user) ?? user, readers }
      }
      await deleteAll(bus, [...(owned.get(user) ?? [])])
    }
  } finally {
    signal.removeEventListener('abort', aborted)
    for (const subscription of [audits, deletions]) if (!subscription.isClosed()) subscription.unsubscribe()
  }
}

async function forgetEnded(
  bus: Bus,
  readers: Iterable<string>,
  forget: (reader: string) => void,
): Promise<void> {
  const listed = new Set<string>()
  const counted = [...readers]
  for (const stream of new Set(counted.map((reader) => reader.split(' ')[0] ?? ''))) {
    for await (const { name } of bus.jsm.consumers.list(stream)) listed.add(`${stream} ${name}`)
  }
  for (const reader of counted) if (!listed.has(reader)) forget(reader)
}

async function deleteAll(bus: Bus, readers: readonly string[]): Promise<void> {
  for (let from = 0; from < readers.length; from += AT_ONCE) {
    const some = readers.slice(from, from + AT_ONCE).map((reader) => {
      const [stream = '', name = ''] = reader.split(' ')
      return bus.jsm.consumers.delete(stream, name).catch(() => false) // Gone already: what is wanted.
    })
    await Promise.all(some)
  }
}
