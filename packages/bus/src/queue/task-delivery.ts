import { parseJson } from '@bailiwick/contract'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { ringSchema } from '../protocol/ring.ts'
import { parseTaskSubject, SUBJECTS } from '../protocol/subjects.ts'
import { publishCore } from '../publish/publish-core.ts'
import type { Pulled } from './puller.ts'

/** A task that this process has been given. Settle it exactly once: `ack`, `retry`, `fail`, `reject` or `leave`. */
export interface TaskDelivery {
  readonly run: string
  readonly task: string
  /** True when it was given to somebody before. */
  readonly redelivered: boolean
  /**
   * How often it has been given to a host, this time included; without those that began it and died: their
   * attempts stand in its journal.
   */
  readonly attempts: number
  /** Says that it is still being worked on. Done by itself while the delivery is not settled. */
  working(): void
  /** Done: its journal has ended, or belongs to somebody else now. */
  ack(): void
  /** Not now: give it to somebody (perhaps this host) again, after a back-off that grows with the attempts. */
  retry(delayMs?: number): void
  /** As `retry`; where it has been given out as often as it may be, it becomes a dead letter with this reason. */
  fail(reason: string): void
  /**
   * This process is leaving: whoever notices that it is gone rings for the task anew, at once, and it counts as no
   * delivery. A bell that was handed back by so many would be a dead letter.
   */
  leave(): void
  /** Never again: it becomes a dead letter with this reason. */
  reject(reason: string): void
  /**
   * Gives the slot to another task while this one waits for a delegate; call the result to go on, which
   * waits for a slot. Without it, two agents that wait for each other's only slot would wait for ever.
   */
  releaseSlot(): () => Promise<void>
}

/** For this long after a back-off the next host may not have said yet that it has the task. Milliseconds. */
const HELD_LONGER_MS = 1_000

/** What happens around a delivery that the queue must know of. */
export interface DeliveryHooks {
  settled(): void
  releaseSlot(): () => Promise<void>
  workingMs: number
  /** Deliveries after which a task is a dead letter. */
  maxDeliver: number
}

/**
 * The delivery behind a message, or undefined where it was rejected: it is no doorbell, or was given out as often
 * as it may be.
 */
export function openDelivery(bus: Bus, message: Pulled, hooks: DeliveryHooks): TaskDelivery | undefined {
  const { settleOn } = message
  const say = (what: string) => publishCore(bus, settleOn, what)
  const ring = ringSchema.safeParse(parseJson(message.data))
  const agent = parseTaskSubject(message.subject)?.agent
  if (!ring.success || agent === undefined) {
    say('+TERM not a doorbell of this version')
    hooks.settled()
    return undefined
  }
  const { run, task, first, deliveries = 0 } = ring.data
  const attempts = deliveries + message.attempts
  if (attempts > hooks.maxDeliver) {
    // The server counts this bell's deliveries only, and would give it to hosts that die of it for ever.
    say(
      rejection(
        { run, task, attempts: attempts - 1 },
        `given to a host ${attempts - 1} times and never begun`,
      ),
    )
    hooks.settled()
    return undefined
  }
  if (first !== undefined && attempts === 1) {
    bus.firsts.given.keep(SUBJECTS.journal(agent, run, task), first)
  }
  const timer = setInterval(() => say('+WPI'), hooks.workingMs)
  timer.unref()
  bus.held.set(task, settleOn)
  let open = true
  const close = (): boolean => {
    if (!open) return false
    open = false
    clearInterval(timer)
    hooks.settled()
    return true
  }
  const settle = (): boolean => {
    if (!close()) return false
    bus.held.delete(settleOn)
    return true
  }
  const reject = (reason: string) => {
    if (settle()) say(rejection({ run, task, attempts }, reason))
  }
  return {
    run,
    task,
    redelivered: attempts > 1 || ring.data.deliveries !== undefined,
    attempts,
    working: () => say('+WPI'),
    ack() {
      // Unheard, it will be delivered again, and its journal says that it has ended.
      if (settle()) say('+ACK')
    },
    retry(delayMs = backOff(attempts)) {
      if (settle()) say(nak(delayMs))
    },
    fail(reason) {
      if (attempts >= hooks.maxDeliver) return reject(reason)
      const delayMs = backOff(attempts)
      if (!close()) return
      say(nak(delayMs))
      // Said to be held meanwhile: whoever looks for lost tasks would ring anew, and count from the beginning.
      setTimeout(() => bus.held.delete(settleOn), delayMs + HELD_LONGER_MS).unref()
    },
    leave: () => void close(),
    reject,
    releaseSlot: hooks.releaseSlot,
  }
}

function nak(delayMs: number): string {
  return delayMs > 0 ? `-NAK {"delay": ${nanos(delayMs)}}` : '-NAK'
}

/** The advisory bears the reason and the message is gone, so that the reason must name the task. */
function rejection(task: { run: string; task: string; attempts: number }, reason: string): string {
  return `+TERM ${JSON.stringify({ ...task, reason: reason.slice(0, 1_000) })}`
}

/** 0.5 s, 1 s, 2 s … up to 30 s, less up to a quarter so that retries do not come in step. */
function backOff(attempts: number): number {
  return Math.round(Math.min(500 * 2 ** (attempts - 1), 30_000) * (1 - Math.random() / 4))
}
