import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { ringSchema } from '../protocol/ring.ts'
import { parseTaskSubject, SUBJECTS } from '../protocol/subjects.ts'

/** A task that this process has been given. Settle it exactly once: `ack`, `retry` or `reject`. */
export interface TaskDelivery {
  readonly run: string
  readonly task: string
  /** True when it was given to somebody before. */
  readonly redelivered: boolean
  /** How often it has been given to a host, this time included. */
  readonly attempts: number
  /** Says that it is still being worked on. Done by itself while the delivery is not settled. */
  working(): void
  /** Done: its journal has ended, or belongs to somebody else now. */
  ack(): Promise<void>
  /** Not now: give it to somebody (perhaps this host) again, after a back-off that grows with the attempts. */
  retry(delayMs?: number): void
  /** Never again: it becomes a dead letter with this reason. */
  reject(reason: string): void
  /**
   * Gives the slot to another task while this one waits for a delegate; call the result to go on, which
   * waits for a slot. Without it, two agents that wait for each other's only slot would wait for ever.
   */
  releaseSlot(): () => Promise<void>
}

/** What happens around a delivery that the queue must know of. */
export interface DeliveryHooks {
  settled(): void
  releaseSlot(): () => Promise<void>
  workingMs: number
}

/** The delivery behind a message, or undefined for one that is no doorbell: that one is rejected. */
export function openDelivery(
  bus: Bus,
  message: JsMsg,
  replyTo: string,
  hooks: DeliveryHooks,
): TaskDelivery | undefined {
  const ring = ringSchema.safeParse(readJson(message))
  if (!ring.success) {
    message.term('not a doorbell of this version')
    hooks.settled()
    return undefined
  }
  const { run, task, first } = ring.data
  const attempts = message.info.deliveryCount
  const agent = parseTaskSubject(message.subject)?.agent
  if (first !== undefined && agent !== undefined && ring.data.ring === 1 && attempts === 1) {
    bus.firsts.given.keep(SUBJECTS.journal(agent, run, task), first)
  }
  const timer = setInterval(() => message.working(), hooks.workingMs)
  timer.unref()
  bus.held.set(task, replyTo)
  let open = true
  const settle = (): boolean => {
    if (!open) return false
    open = false
    clearInterval(timer)
    bus.held.delete(task, replyTo)
    hooks.settled()
    return true
  }
  return {
    run,
    task,
    redelivered: message.redelivered,
    attempts,
    working: () => message.working(),
    async ack() {
      // Unanswered, it will be delivered again, and its journal says that it has ended.
      if (settle()) await message.ackAck().catch(() => false)
    },
    retry(delayMs = backOff(attempts)) {
      if (settle()) message.nak(delayMs)
    },
    reject(reason) {
      // The advisory bears the reason and the message is gone, so that the reason must name the task.
      if (settle()) message.term(JSON.stringify({ run, task, reason: reason.slice(0, 1_000) }))
    },
    releaseSlot: hooks.releaseSlot,
  }
}

/** 0.5 s, 1 s, 2 s … up to 30 s, less up to a quarter so that retries do not come in step. */
function backOff(attempts: number): number {
  return Math.round(Math.min(500 * 2 ** (attempts - 1), 30_000) * (1 - Math.random() / 4))
}

function readJson(message: JsMsg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
