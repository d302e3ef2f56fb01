import { setTimeout as sleep } from 'node:timers/promises'
import type { Effect } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import type { ToolReply, ToolTiming } from '../protocol/tool-call.ts'
import { untilUp } from '../publish/persist.ts'

/** Hosts that may stop replying to one call. After this many, the call counts as the cause. */
const MAX_SILENCES = 3

/** How to send a call. */
export interface CallPersistence {
  effect: Effect
  signal: AbortSignal
  timing: ToolTiming
}

/**
 * Sends a call, and sends it again if that does no harm while its host or the server is away for a moment: always if no
 * host received it; after a host stopped replying only if its effect is not `once`, because the call may have been
 * carried out.
 */
export async function persistCall(
  bus: Bus,
  { effect, signal, timing }: CallPersistence,
  send: () => Promise<ToolReply>,
): Promise<ToolReply> {
  // After a reconnect, hosts need time to reconnect too.
  let giveUpAt = Date.now() + timing.reconnectMs
  let silences = 0
  for (let tries = 0; ; tries++) {
    // A message that is sent while the connection is down is silently lost.
    if (!bus.link.up) {
      await untilUp(bus, signal, 0)
      giveUpAt = Date.now() + timing.reconnectMs
    }
    try {
      return await send()
    } catch (error) {
      signal.throwIfAborted()
      const code = error instanceof BusError ? error.code : undefined
      if (code === 'no-reply') silences += 1
      const again =
        code === 'no-responder'
          ? Date.now() < giveUpAt
          : code === 'no-reply' && effect !== 'once' && silences < MAX_SILENCES
      if (!again) throw error
      await sleep(Math.min(50 * 2 ** tries, 500), undefined, { signal })
    }
  }
}
