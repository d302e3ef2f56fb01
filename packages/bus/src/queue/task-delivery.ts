import { parseJson } from '@bailiwick/contract'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { type CallDecision, ringSchema } from '../protocol/ring.ts'
import { parseTaskSubject, SUBJECTS } from '../protocol/subjects.ts'
import { publishCore } from '../publish/publish-core.ts'
import type { Pulled } from './puller.ts'

/** A task that was delivered to this process. Settle it exactly once: `ack`, `retry`, `fail`, `reject` or `leave`. */
export interface TaskDelivery {
  readonly run: string
  readonly task: string
  /** True if it was delivered before. */
  readonly redelivered: boolean
  /**
   * Number of deliveries, this one included. Leaves out deliveries to hosts that began the task and died: the journal
   * has their attempts.
   */
  readonly attempts: number
  /** Decisions that came with the bell. The journal may have them already. */
  readonly decisions: readonly CallDecision[]
  /** Whether the coordinator rings again when the task waits and can go on. */
  readonly wakes: boolean
  /** Tells the server that the task is at work. Happens automatically until the delivery is settled. */
  working(): void
  /** Done: the task ended, or another host has it. */
  ack(): void
  /** Not now: redeliver it, perhaps to this host. Default delay: a back-off that grows with the attempts. */
  retry(delayMs?: number): void
  /** As `retry`. If the maximum of deliveries is reached, the task becomes a dead letter with this reason. */
  fail(reason: string): void
  /**
   * This process shuts down. The coordinator notices and redelivers the task at once, without counting a delivery. A
   * bell that is handed back by many hosts would otherwise become a dead letter.
   */
  leave(): void
  /** Do not redeliver it: it becomes a dead letter with this reason. */
  reject(reason: string): void
  /**
   * Releases the slot for another task while a call of this one waits for a person or a delegate. Without it, two
   * agents that wait for each other's only slot would never end. However many calls wait, it is one slot.
   *
   * @returns a function that ends the wait of the call. The last one takes a slot back, and resolves when it has one
   */
  releaseSlot(): () => Promise<void>
}

/** How long after a back-off the next host may not have announced the task yet, milliseconds. */
const HELD_LONGER_MS = 1_000

/** Callbacks and settings of a delivery. */
export interface DeliveryHooks {
  settled(): void
  releaseSlot(): () => Promise<void>
  workingMs: number
  /** Deliveries after which a task is a dead letter. */
  maxDeliver: number
}

/** The delivery of a message. Undefined if it was rejected: it is no bell, or has its maximum of deliveries. */
export function openDelivery(bus: Bus, message: Pulled, hooks: DeliveryHooks): TaskDelivery | undefined {
  const { settleOn } = message
  const send = (settlement: string) => publishCore(bus, settleOn, settlement)
  const ring = ringSchema.safeParse(parseJson(message.data))
  const agent = parseTaskSubject(message.subject)?.agent
  if (!ring.success || agent === undefined) {
    send('+TERM not a bell of this version')
    hooks.settled()
    return undefined
  }
  const { run, task, first, deliveries = 0 } = ring.data
  const attempts = deliveries + message.attempts
  if (attempts > hooks.maxDeliver) {
    // The server counts only the deliveries of this bell, so it would deliver it to dying hosts without an end.
    send(rejection({ run, task, attempts: attempts - 1 }, `delivered ${attempts - 1} times and never begun`))
    hooks.settled()
    return undefined
  }
  if (first !== undefined && attempts === 1) {
    bus.firsts.given.keep(SUBJECTS.journal(agent, run, task), first)
  }
  const timer = setInterval(() => send('+WPI'), hooks.workingMs)
  timer.unref()
  bus.held.set(task, settleOn)
  let open = true
  /** Calls that wait for a person or a delegate. */
  let waits = 0
  let takeSlotBack = async () => {}
  const close = (): boolean => {
    if (!open) return false
    open = false
    clearInterval(timer)
    if (waits === 0) hooks.settled()
    return true
  }
  const settle = (): boolean => {
    if (!close()) return false
    bus.held.delete(settleOn)
    return true
  }
  const reject = (reason: string) => {
    if (settle()) send(rejection({ run, task, attempts }, reason))
  }
  return {
    run,
    task,
    redelivered: attempts > 1 || ring.data.deliveries !== undefined,
    attempts,
    decisions: ring.data.decisions ?? [],
    wakes: ring.data.wakes === true,
    working: () => send('+WPI'),
    ack() {
      // If this is lost, the task is redelivered, and its journal says that it has ended.
      if (settle()) send('+ACK')
    },
    retry(delayMs = backOff(attempts)) {
      if (settle()) send(nak(delayMs))
    },
    fail(reason) {
      if (attempts >= hooks.maxDeliver) return reject(reason)
      const delayMs = backOff(attempts)
      if (!close()) return
      send(nak(delayMs))
      // Announced as held meanwhile. Otherwise the coordinator would redeliver it as lost, and count from zero.
      setTimeout(() => bus.held.delete(settleOn), delayMs + HELD_LONGER_MS).unref()
    },
    leave: () => void close(),
    reject,
    releaseSlot() {
      if (waits === 0) takeSlotBack = hooks.releaseSlot()
      waits += 1
      return async () => {
        waits -= 1
        if (waits === 0 && open) await takeSlotBack()
      }
    },
  }
}

function nak(delayMs: number): string {
  return delayMs > 0 ? `-NAK {"delay": ${nanos(delayMs)}}` : '-NAK'
}

/** The server deletes the message and sends an advisory with the reason, so the reason must name the task. */
function rejection(task: { run: string; task: string; attempts: number }, reason: string): string {
  return `+TERM ${JSON.stringify({ ...task, reason: reason.slice(0, 1_000) })}`
}

/** 0.5 s, 1 s, 2 s and so on up to 30 s, minus up to a quarter, so that retries do not coincide. */
function backOff(attempts: number): number {
  return Math.round(Math.min(500 * 2 ** (attempts - 1), 30_000) * (1 - Math.random() / 4))
}
