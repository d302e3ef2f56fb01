import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { readSpilled } from '../journal/spill.ts'
import { RUN_OPS, type RunOp, type RunReply, type RunRequestInput } from '../protocol/run-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { askerOn, OPERATOR } from '../protocol/users.ts'
import { request } from '../request/request.ts'

/** How long a coordinator may be away while it reconnects, milliseconds. */
const RECONNECT_MS = 1_000
const RETRY_MS = 50

/**
 * Sends the coordinator a request about runs: a named user about its own runs, other users about all.
 *
 * @throws the coordinator's error, or BusError `no-responder` if no coordinator runs
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
  const giveUpAt = performance.now() + RECONNECT_MS
  for (;;) {
    try {
      const reply = await request(bus, {
        subject: by === OPERATOR ? SUBJECTS.run(op) : SUBJECTS.runAs(op, by),
        payload,
        fetch: (spilled) => readSpilled(bus, spilled),
        reply: RUN_OPS[op].reply,
        ...options,
      })
      return reply as RunReply<O>
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'no-responder') throw error
      if (performance.now() >= giveUpAt) {
        throw new BusError('no-responder', 'No coordinator is running. Start one with `bailiwick up`.', {
          cause: error,
        })
      }
      await sleep(RETRY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }
}
