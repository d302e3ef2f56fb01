import { AsyncQueue, parseJson } from '@bailiwick/contract'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'

/** A user that has more consumers than the limit. */
export interface ExcessReader {
  /** As the server knows the user: for a JWT, its public key. */
  user: string
  /** The name in the user's JWT. */
  name: string
  /** Number of consumers. */
  readers: number
}

const AUDIT = '$JS.EVENT.ADVISORY.API'
const DELETED = '$JS.EVENT.ADVISORY.CONSUMER.DELETED.'
const CREATE = /^\$JS\.API\.CONSUMER\.(?:DURABLE\.)?CREATE\./
/** Consumers to delete at the same time: enough to be fast, few enough not to flood the server. */
const MAX_PARALLEL = 50

const auditSchema = z.lazy(() =>
  z.object({
    type: z.literal('io.nats.jetstream.advisory.v1.api_audit'),
    client: z.object({ user: z.string(), name_tag: z.string().optional() }),
    subject: z.string().regex(CREATE),
    response: z.string(),
  }),
)
const createdSchema = z.lazy(() => z.object({ stream_name: z.string(), name: z.string() }))

/** Options of {@link followExcessReaders}. */
export interface FollowExcessOptions {
  /** Consumers that one user may have at the same time. */
  limit: number
  /** Revokes a user's credentials. @returns whether the user now has no rights */
  revoke(user: string): Promise<boolean>
}

/**
 * Yields users that have more consumers than `limit`, until aborted, by the server's advisories. A stream accepts a
 * bounded number of consumers, so a user that creates all of them keeps everybody else from reading. After each
 * yielded user, deletes its consumers; those of a revoked user also when the server creates them later. Only the
 * coordinator runs this, and it is never among the yielded users.
 */
export async function* followExcessReaders(
  bus: Bus,
  { limit, revoke }: FollowExcessOptions,
  signal: AbortSignal,
): AsyncGenerator<ExcessReader> {
  const counts = new ReaderCounts()
  const revoked = new Set<string>()
  const suspects = new AsyncQueue<string>(AbortSignal.any([signal, bus.closed]))
  const queued = new Set<string>()
  const audits = bus.connection.subscribe(AUDIT, {
    callback: (error, message) => {
      // Any user can have a stored message delivered here. It keeps the subject that it was stored under.
      if (error !== null || message.subject !== AUDIT) return
      const user = counts.add(message.string(), bus.user)
      if (user === undefined || queued.has(user)) return
      if (counts.of(user).length <= (revoked.has(user) ? 0 : limit)) return
      queued.add(user)
      suspects.push(user)
    },
  })
  const deletions = bus.connection.subscribe(`${DELETED}>`, {
    callback: (error, message) => {
      if (error !== null || !message.subject.startsWith(DELETED)) return
      counts.delete(message.subject.slice(DELETED.length).replace('.', ' '))
    },
  })
  try {
    for await (const user of suspects) {
      if (signal.aborted || bus.closed.aborted) return
      queued.delete(user)
      // A deletion may be reported before its creation, so compare the count with the existing consumers.
      await deleteEnded(bus, counts, user)
      const readers = counts.of(user).length
      if (!revoked.has(user)) {
        if (readers <= limit) continue
        if (await revoke(user)) revoked.add(user)
        yield { user, name: counts.nameOf(user), readers }
      }
      await deleteReaders(bus, counts.of(user))
    }
  } finally {
    for (const subscription of [audits, deletions]) if (!subscription.isClosed()) subscription.unsubscribe()
  }
}

/** Consumers by user, as `<stream> <name>`. */
class ReaderCounts {
  readonly #owners = new Map<string, string>()
  readonly #owned = new Map<string, Set<string>>()
  readonly #names = new Map<string, string>()

  /** Counts the consumer that an audit advisory reports. @returns its user, unless that is `except` */
  add(advisory: string, except: string | undefined): string | undefined {
    const audit = auditSchema.safeParse(parseJson(advisory))
    const created = createdSchema.safeParse(parseJson(audit.data?.response ?? ''))
    if (!audit.success || !created.success) return undefined
    const { user, name_tag = user } = audit.data.client
    if (name_tag === except) return undefined
    const reader = `${created.data.stream_name} ${created.data.name}`
    if (this.#owners.has(reader)) return undefined
    this.#owners.set(reader, user)
    this.#owned.set(user, (this.#owned.get(user) ?? new Set()).add(reader))
    this.#names.set(user, name_tag)
    return user
  }

  delete(reader: string): void {
    const user = this.#owners.get(reader)
    if (user === undefined) return
    this.#owners.delete(reader)
    const readers = this.#owned.get(user)
    readers?.delete(reader)
    if (readers?.size === 0) this.#owned.delete(user)
  }

  of(user: string): string[] {
    return [...(this.#owned.get(user) ?? [])]
  }

  nameOf(user: string): string {
    return this.#names.get(user) ?? user
  }
}

async function deleteEnded(bus: Bus, counts: ReaderCounts, user: string): Promise<void> {
  const counted = counts.of(user)
  const existing = new Set<string>()
  for (const stream of new Set(counted.map((reader) => reader.split(' ')[0] ?? ''))) {
    for await (const { name } of bus.jsm.consumers.list(stream)) existing.add(`${stream} ${name}`)
  }
  for (const reader of counted) if (!existing.has(reader)) counts.delete(reader)
}

async function deleteReaders(bus: Bus, readers: readonly string[]): Promise<void> {
  for (let from = 0; from < readers.length; from += MAX_PARALLEL) {
    const some = readers.slice(from, from + MAX_PARALLEL).map((reader) => {
      const [stream = '', name = ''] = reader.split(' ')
      return bus.jsm.consumers.delete(stream, name).catch(() => false) // Already gone.
    })
    await Promise.all(some)
  }
}
