import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { persist } from '../publish/persist.ts'

/** Deliveries that were handed over: the next host may hold them by now, and a second word would take them away. */
const handedOver = new WeakMap<Bus, Set<string>>()

/**
 * Gives the tasks of a dead process to the next host at once, instead of after the acknowledgement time.
 * For the coordinator, when the server says that the process is gone. Harmless for tasks that were
 * settled, and when it is said again; a process that lives after all is fenced by the journal.
 */
export async function handOver(bus: Bus, dead: AgentPresence, delayMs = 0): Promise<void> {
  const nak = delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1e6)}}` : '-NAK'
  const known = handedOver.get(bus) ?? new Set()
  handedOver.set(bus, known)
  // The subject comes from the process itself: it may settle its own agent's deliveries only.
  const own = `$JS.ACK.${STREAMS.task}.${dead.card.name}.`
  const held = Object.values(dead.held).filter((settleOn) => settleOn.startsWith(own) && !known.has(settleOn))
  for (const settleOn of held) known.add(settleOn)
  // A server that is away as well must hear of it when it is back.
  await persist(bus, `handing over tasks of ${dead.host}`, undefined, async () => {
    for (const settleOn of held) bus.connection.publish(settleOn, nak)
    await bus.connection.flush()
  })
}
