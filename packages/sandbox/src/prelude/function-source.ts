import { MARK_END, MARK_START, ORIGINAL_END } from '../rewrite/source-marks.ts'
import { bare, define, functionText, indexOf, slice } from './primordials.ts'

/**
 * Makes `toString` of a function give the source that the agent wrote, without the edits of the rewriting. Runs inside
 * the isolate.
 */
export function installFunctionSource(): void {
  const { toString: value } = {
    toString(this: () => void): string {
      return withoutMarks(functionText(this))
    },
  }
  define(Function.prototype, 'toString', bare({ value, writable: true, configurable: true }))
}

/** Undoes every marked edit. Runs no code that a guest may have replaced. */
export function withoutMarks(text: string): string {
  let source = ''
  let at = 0
  for (;;) {
    const mark = indexOf(text, MARK_START, at)
    const original = mark + MARK_START.length
    const edit = mark < 0 ? -1 : indexOf(text, ORIGINAL_END, original)
    const end = edit < 0 ? -1 : indexOf(text, MARK_END, edit)
    if (end < 0) return source + slice(text, at)
    source += slice(text, at, mark) + slice(text, original, edit)
    at = end + MARK_END.length
  }
}
