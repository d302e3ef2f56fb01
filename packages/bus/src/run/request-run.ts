import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { RUN_OPS, type RunOp, type RunReply, type RunRequestInput } from '../protocol/run-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { askerOn, OPERATOR } from '../protocol/users.ts'
import { ask } from '../request/request.ts'
import { largeRepliesOf } from './serve-runs.ts'

/** A coordinator that connects anew, with renewed credentials or after a break, is away for a moment. */
const COME_BACK_MS = 1_000
const RETRY_MS = 50

/**
 * Asks the coordinator about runs: a named user about its own, any other about all.
 *
 * @throws what the coordinator threw, or BusError `no-responder` when none is running.
 * @example
 * const { runs } = await requestRun(bus, 'list', {})
 */
export async function requestRun<O extends RunOp>(
  bus: Bus,
  op: O,
  payload: RunRequestInput<O>,
  options: { waitMs?: number; signal?: AbortSignal } = {},
): Promise<RunReply<O>> {
  const by = askerOn(bus)
  const awaited = Date.now() + COME_BACK_MS
  for (;;) {
    try {
      const reply = await ask(bus, {
        subject: by === OPERATOR ? SUBJECTS.run(op) : SUBJECTS.runAs(op, by),
        largeIn: largeRepliesOf(by),
        payload,
        reply: RUN_OPS[op].reply,
        ...options,
      })
      return reply as RunReply<O>
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'no-responder') throw error
      if (Date.now() >= awaited) {
        throw new BusError('no-responder', 'no coordinator is running: start one with `bailiwick up`', {
          cause: error,
        })
      }
      await sleep(RETRY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }
}
