import { InputError, tokenSchema } from '@bailiwick/contract'
import { headers } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { publishCore } from '../publish/publish-core.ts'
import { publishDurably } from '../publish/publish-durably.ts'

/** What a host says of itself; time, connection and held tasks are added by the bus. */
export type PresenceInput = Omit<AgentPresence, 'at' | 'client' | 'held'>

/** A host's place in the registry: gone when disposed, or some seconds after the process has died. */
export interface Announcement extends AsyncDisposable {
  /** Changes what the heartbeat says, and sends it in a moment: with it goes what else changes in one go. */
  update(change: Partial<PresenceInput>): void
}

/**
 * Announces a host of an agent, with a heartbeat every `everyMs` (default 2,000). The heartbeat also
 * carries the tasks that this connection has taken.
 *
 * @throws BusError `bus-forbidden` when these credentials are another agent's.
 */
export async function announceAgent(
  bus: Bus,
  presence: PresenceInput,
  { everyMs = 2_000 }: { everyMs?: number } = {},
): Promise<Announcement> {
  if (!tokenSchema.safeParse(presence.host).success) {
    throw new InputError(
      `"${presence.host}" is no name for a host: wanted 1 to 63 letters, digits, "_" or "-"`,
    )
  }
  let said = presence
  const subject = `$KV.${BUCKETS.agents}.${presence.card.name}.${presence.host}`
  const message = () => {
    const client = bus.connection.info?.client_id
    const beat: AgentPresence = {
      ...said,
      at: Date.now(),
      held: bus.held.list(),
      ...(client !== undefined && { client }),
    }
    return JSON.stringify(beat)
  }
  await publishDurably(bus, subject, message())
  // A beat that is lost is made good by the next one, so nobody waits for it.
  const beat = () => {
    if (bus.link.up) publishCore(bus, subject, message())
  }
  const timer = setInterval(beat, everyMs)
  timer.unref()
  let due: NodeJS.Immediate | undefined
  // After what the change itself makes leave this process: a task's first record waits for no heartbeat.
  const soon = () => {
    due ??= setImmediate(() => {
      due = undefined
      beat()
    })
  }
  const forgetHeld = bus.held.listen(soon)
  const forgetBack = bus.link.onBack(beat)

  return {
    update(change) {
      said = { ...said, ...change }
      soon()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      clearImmediate(due)
      forgetHeld()
      forgetBack()
      if (bus.connection.isClosed() || !bus.link.up) return
      const gone = headers()
      gone.set('KV-Operation', 'DEL')
      await publishDurably(bus, subject, '', { headers: gone })
    },
  }
}
