import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode, type TaskResult } from '@bailiwick/contract'
import type { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import {
  DELEGATION_POLL_MS,
  type DelegationReply,
  delegationReplySchema,
  type delegationRequestSchema,
} from '../protocol/delegation.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { publishCore } from '../publish/publish-core.ts'
import { request as requestOnce } from '../request/request.ts'

/**
 * Asks the coordinator to start a delegate and waits for its result without a limit: through timeouts and restarts of
 * the server and the coordinator. Aborting cancels the delegation, unless the reason has the code `suspended`: then the
 * caller asks again later.
 *
 * @param atWork called when the delegate exists and has not ended
 * @throws RefusedError if the delegate is not granted, BusError `bus-forbidden` below level 4; the signal's reason
 */
export async function requestDelegation(
  bus: Bus,
  caller: string,
  request: z.input<typeof delegationRequestSchema>,
  signal: AbortSignal,
  atWork = () => {},
): Promise<TaskResult> {
  const subject = SUBJECTS.delegate(caller)
  for (let holdMs = 0; ; ) {
    try {
      const reply: DelegationReply = await requestOnce(bus, {
        subject,
        payload: { ...request, holdMs },
        reply: delegationReplySchema,
        waitMs: DELEGATION_POLL_MS * 1.5,
        signal,
      })
      if (reply.state === 'done') return reply.result
      // The first request only tells whether the delegate is at work.
      if (holdMs === 0) atWork()
      // Named, because coordinators of earlier versions hold requests for longer by default.
      holdMs = DELEGATION_POLL_MS
    } catch (error) {
      if (signal.aborted && !hasCode(signal.reason, 'suspended')) {
        publishCore(bus, SUBJECTS.cancel(caller), JSON.stringify({ key: request.key }))
      }
      const away = error instanceof BusError && (error.code === 'no-responder' || error.code === 'no-reply')
      if (signal.aborted || bus.closed.aborted || !away) throw error
      // The coordinator is away. The delegation is in the journals, so the next coordinator continues it.
      await sleep(200 + Math.random() * 300, undefined, { signal })
    }
  }
}
