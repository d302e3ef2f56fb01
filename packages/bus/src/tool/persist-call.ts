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
  /** The tool's name. */
  tool: string
  effect: Effect
  signal: AbortSignal
  timing: ToolTiming
}

/**
 * Sends a call, and sends it again if that does no harm while its host or the server is away for a moment: always if no
 * host received it; after a host stopped replying only if its effect is not `once`, because the call may have been
 * carried out. If no host came back within that moment, later calls of the tool fail at once, until one finds a host.
 */
export async function persistCall(
  bus: Bus,
  { tool, effect, signal, timing }: CallPersistence,
  send: () => Promise<ToolReply>,
): Promise<ToolReply> {
  const absent = absentTools(bus)
  // After a reconnect, hosts need time to reconnect too.
  let giveUpAt = performance.now() + timing.reconnectMs
  let silences = 0
  for (let tries = 0; ; tries++) {
    // A message that is sent while the connection is down is silently lost.
    if (!bus.link.up) {
      await untilUp(bus, signal, 0)
      giveUpAt = performance.now() + timing.reconnectMs
    }
    try {
      const reply = await send()
      absent.delete(tool)
      return reply
    } catch (error) {
      signal.throwIfAborted()
      const code = error instanceof BusError ? error.code : undefined
      if (code === 'no-reply') silences += 1
      const again =
        code === 'no-responder'
          ? performance.now() < giveUpAt && !absent.has(tool)
          : code === 'no-reply' && effect !== 'once' && silences < MAX_SILENCES
      if (!again && code === 'no-responder') absent.add(tool)
      if (!again) throw error
      await sleep(Math.min(50 * 2 ** tries, 500), undefined, { signal })
    }
  }
}

const absentByBus = new WeakMap<Bus, Set<string>>()

/** The tools of which no host has come back in time. */
function absentTools(bus: Bus): Set<string> {
  const known = absentByBus.get(bus)
  if (known !== undefined) return known
  const absent = new Set<string>()
  bus.link.onReconnect(() => absent.clear())
  absentByBus.set(bus, absent)
  return absent
}
