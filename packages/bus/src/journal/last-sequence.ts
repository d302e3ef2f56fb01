import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { persist } from '../publish/persist.ts'

/** The sequence of the last message that JOURNAL has, or had before it was purged. Only for the coordinator. */
export async function lastJournalSequence(bus: Bus, signal?: AbortSignal): Promise<number> {
  const { state } = await persist(bus, 'reading the state of JOURNAL', signal, () =>
    bus.jsm.streams.info(STREAMS.journal),
  )
  return state.last_seq
}
