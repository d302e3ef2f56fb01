import { InputError, tokenSchema } from '@bailiwick/contract'
import { headers } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { type AgentPresence, PROTOCOL_VERSION } from '../protocol/presence.ts'
import { publishCore } from '../publish/publish-core.ts'
import { publishDurably } from '../publish/publish-durably.ts'

/** What a host announces about itself. The bus adds time, connection and held tasks, and by default its own version. */
export type PresenceInput = Omit<AgentPresence, 'at' | 'client' | 'held' | 'protocol'> &
  Partial<Pick<AgentPresence, 'protocol'>>

/** A host's entry in the registry. Ends when disposed, or some seconds after the process died. */
export interface Announcement extends AsyncDisposable {
  /** Changes the heartbeat and sends it soon. Several changes in one turn make one heartbeat. */
  update(change: Partial<PresenceInput>): void
}

/**
 * Announces a host of an agent with a heartbeat every `everyMs` milliseconds (default 2,000). The heartbeat also has
 * the tasks that this connection holds.
 *
 * @throws BusError `bus-forbidden` if the credentials are those of another agent; InputError for an invalid host name
 */
export async function announceAgent(
  bus: Bus,
  presence: PresenceInput,
  { everyMs = 2_000 }: { everyMs?: number } = {},
): Promise<Announcement> {
  if (!tokenSchema.safeParse(presence.host).success) {
    throw new InputError(
      `Expected a host name of 1 to 63 letters, digits, "_" or "-", found "${presence.host}".`,
    )
  }
  let announced = presence
  const subject = `$KV.${BUCKETS.agents}.${presence.card.name}.${presence.host}`
  const message = () => {
    const client = bus.connection.info?.client_id
    const beat: AgentPresence = {
      protocol: PROTOCOL_VERSION,
      ...announced,
      at: Date.now(),
      held: bus.held.list(),
      ...(client !== undefined && { client }),
    }
    return JSON.stringify(beat)
  }
  await publishDurably(bus, subject, message())
  // The next heartbeat repairs the loss of one, so it needs no acknowledgement.
  const beat = () => {
    if (bus.link.up) publishCore(bus, subject, message())
  }
  const timer = setInterval(beat, everyMs)
  timer.unref()
  let due: NodeJS.Immediate | undefined
  // After the messages of the change itself: a task's first record must not wait for a heartbeat.
  const soon = () => {
    due ??= setImmediate(() => {
      due = undefined
      beat()
    })
  }
  const removeHeldListener = bus.held.onChange(soon)
  const removeLinkListener = bus.link.onReconnect(beat)

  return {
    update(change) {
      announced = { ...announced, ...change }
      soon()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      clearImmediate(due)
      removeHeldListener()
      removeLinkListener()
      if (bus.connection.isClosed() || !bus.link.up) return
      const gone = headers()
      gone.set('KV-Operation', 'DEL')
      await publishDurably(bus, subject, '', { headers: gone })
    },
  }
}
