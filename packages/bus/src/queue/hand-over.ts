import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { readLast } from '../journal/read-last.ts'
import { resolveMessage } from '../journal/resolve-message.ts'
import { STREAMS } from '../protocol/places.ts'
import type { AgentPresence } from '../protocol/presence.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { readStored } from '../streams/read-stored.ts'
import { type Bell, findBell, removeBell } from './bell.ts'
import { ringTask } from './ring-task.ts'
import { parseSettleSubject } from './settle-subject.ts'

/** How long to wait before ringing again if the queue is full, milliseconds. */
const FULL_MS = 200

/**
 * Redelivers the tasks of a dead process at once, instead of after the acknowledgement time. Only the coordinator does
 * this. Harmless for settled tasks, when repeated, and if two coordinators do it at the same time. If the process is
 * alive after all, the journal's fence stops it.
 *
 * It replaces the task's bell, so that a host's death does not count as a delivery: a long task may outlive any number
 * of hosts. A task that kills its hosts still ends: hosts count attempts without progress in the journal, and
 * deliveries to hosts that die before they begin are counted on the bell, up to the queue's `maxDeliver`.
 */
export async function handOver(bus: Bus, dead: Pick<AgentPresence, 'card' | 'host' | 'held'>): Promise<void> {
  await Promise.all(
    Object.values(dead.held).map(async (settleOn) => {
      const delivery = parseSettleSubject(settleOn)
      // The process itself announced this subject, so it counts only for tasks of its own agent.
      if (delivery?.agent !== dead.card.name) return
      const bell = await findBell(bus, delivery)
      if (bell?.agent !== dead.card.name) return
      // It died between leaving the task and settling the delivery. The task waits for people or delegates.
      if (await isWaiting(bus, bell)) await removeBell(bus, bell.sequence)
      else await replaceBell(bus, bell, dead.host, delivery.deliveries)
    }),
  )
}

/** Replaces the bell that a host held when it died. `deliveries`: how often the bell was delivered. */
export async function replaceBell(
  bus: Bus,
  { sequence, agent, ring }: Bell,
  host: string | undefined,
  deliveries: number,
): Promise<void> {
  const { run, task, decisions } = ring
  const begun = host !== undefined && (await hasBegun(bus, { agent, run, task }, host))
  const counted = begun ? 0 : (ring.deliveries ?? 0) + deliveries
  // If another process settled or replaced it meanwhile, the new bell changes nothing.
  await removeBell(bus, sequence)
  for (;;) {
    try {
      return await ringTask(bus, {
        agent,
        run,
        task,
        ring: Date.now(),
        deliveries: counted,
        decisions,
      })
    } catch (error) {
      if (!hasCode(error, 'queue-full')) throw error
      await sleep(FULL_MS, undefined, { signal: bus.closed })
    }
  }
}

async function isWaiting(bus: Bus, { agent, ring: { run, task } }: Bell): Promise<boolean> {
  const { records } = await readLast(bus, { writer: agent, run, task })
  return records.at(-1)?.type === 'task.waiting'
}

/** Whether the journal has an attempt of this host. */
async function hasBegun(
  bus: Bus,
  { agent, run, task }: { agent: string; run: string; task: string },
  host: string,
): Promise<boolean> {
  const subject = SUBJECTS.journal(agent, run, task)
  for await (const message of readStored(bus, { stream: STREAMS.journal, subject })) {
    const { records } = await resolveMessage(bus, undefined, message.string())
    if (records.some((record) => record.type === 'task.started' && record.host === host)) return true
  }
  return false
}
