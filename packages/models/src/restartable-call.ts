import type { Call } from './source.ts'

/** A call whose deltas can be withdrawn, because the request may be sent again. */
export function restartableCall(call: Call): { call: Call; restart(reason: string): void } {
  let hasDeltas = false
  return {
    call: {
      ...call,
      emit(event) {
        if (event.type !== 'waiting') hasDeltas = event.type !== 'restart'
        call.emit(event)
      },
    },
    /** Emits a `restart` event if the reader has received deltas of this attempt. */
    restart(reason) {
      if (hasDeltas) call.emit({ type: 'restart', reason })
    },
  }
}
