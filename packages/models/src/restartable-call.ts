import type { Call } from './source.ts'

/** A call whose deltas may have to be taken back, since somebody else is asked when it fails. */
export function voidable(call: Call): { call: Call; void(reason: string): void } {
  let begun = false
  return {
    call: {
      ...call,
      emit(event) {
        begun = event.type !== 'restart'
        call.emit(event)
      },
    },
    /** Tells the reader that what it has of this call is void, where it has anything. */
    void(reason) {
      if (begun) call.emit({ type: 'restart', reason })
    },
  }
}
