import { setTimeout as sleep } from 'node:timers/promises'
import type { Effect } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { TOOL_TIMING, type ToolReply } from '../protocol/tool-call.ts'
import { untilUp } from '../publish/persist.ts'

/** Hosts of one call that may fall silent, before it counts as what silences them. */
const MAX_SILENCES = 3

/**
 * Sends a call again where that does no harm, while its host or the server is away for a moment: always
 * when nobody got it, and after a silence unless its effect is `once`, since whether it was done is not known.
 */
export async function persistCall(
  bus: Bus,
  effect: Effect,
  signal: AbortSignal,
  send: () => Promise<ToolReply>,
): Promise<ToolReply> {
  // Hosts find back to a server after it is back: their time begins then.
  let awaited = Date.now() + TOOL_TIMING.comeBack
  let silences = 0
  for (let tries = 0; ; tries++) {
    // What is sent into a broken connection may be dropped without a word.
    if (!bus.link.up) {
      await untilUp(bus, signal, 0)
      awaited = Date.now() + TOOL_TIMING.comeBack
    }
    try {
      return await send()
    } catch (error) {
      signal.throwIfAborted()
      const code = error instanceof BusError ? error.code : undefined
      if (code === 'no-reply') silences += 1
      const again =
        code === 'no-responder'
          ? Date.now() < awaited
          : code === 'no-reply' && effect !== 'once' && silences < MAX_SILENCES
      if (!again) throw error
      await sleep(Math.min(50 * 2 ** tries, 500), undefined, { signal })
    }
  }
}
