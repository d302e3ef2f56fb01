import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { resolveMessage } from '../journal/resolve-message.ts'
import { STREAMS } from '../protocol/places.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { readStored } from '../streams/read-stored.ts'
import { type Bell, findBell, removeBell } from './bell.ts'
import { ringTask } from './ring-task.ts'
import { parseSettleSubject } from './settle-subject.ts'

/** How long a bell that found its queue full waits before it tries again. Milliseconds. */
const FULL_MS = 200

/**
 * Gives the tasks of a dead process to the next host at once, instead of after the acknowledgement time.
 * For the coordinator. Harmless for tasks that were settled, when it is said again, and by two who say it at
 * the same time; a process that lives after all is fenced by the journal.
 *
 * A task's bell is taken away and rung anew, so that a death does not count as a delivery: a long task may
 * outlive any number of hosts. What kills its hosts does not go round for ever all the same: attempts that
 * lead to nothing are counted in the journal, by the hosts; deliveries to hosts that die before they have
 * begun are counted on the bell, up to the queue's `maxDeliver`.
 */
export async function handOver(bus: Bus, dead: Pick<AgentPresence, 'card' | 'host' | 'held'>): Promise<void> {
  await Promise.all(
    Object.values(dead.held).map(async (settleOn) => {
      const delivery = parseSettleSubject(settleOn)
      // The subject comes from the process itself: it speaks for its own agent's tasks only.
      if (delivery?.agent !== dead.card.name) return
      const bell = await findBell(bus, delivery)
      if (bell?.agent === dead.card.name) await ringAnew(bus, bell, dead.host, delivery.deliveries)
    }),
  )
}

/** Rings a bell anew that a host had when it died. `deliveries`: how often the bell has been given out. */
export async function ringAnew(
  bus: Bus,
  { sequence, agent, ring }: Bell,
  host: string | undefined,
  deliveries: number,
): Promise<void> {
  const { run, task } = ring
  const begun = host !== undefined && (await hasBegun(bus, { agent, run, task }, host))
  const counted = begun ? 0 : (ring.deliveries ?? 0) + deliveries
  // Settled or rung anew by somebody else since it was read: then the new bell changes nothing.
  await removeBell(bus, sequence)
  for (;;) {
    try {
      return await ringTask(bus, { agent, run, task, ring: Date.now(), deliveries: counted })
    } catch (error) {
      if (!hasCode(error, 'queue-full')) throw error
      await sleep(FULL_MS, undefined, { signal: bus.closed })
    }
  }
}

/** Whether a host's attempt stands in the journal. */
async function hasBegun(
  bus: Bus,
  { agent, run, task }: { agent: string; run: string; task: string },
  host: string,
): Promise<boolean> {
  const subject = SUBJECTS.journal(agent, run, task)
  for await (const message of readStored(bus, { stream: STREAMS.journal, subject })) {
    const { records } = await resolveMessage(bus, agent, message.string())
    if (records.some((record) => record.type === 'task.started' && record.host === host)) return true
  }
  return false
}
