import type { MadeCall, ToChild, ToParent } from './frame.ts'

/*
 * A frame is a line of JSON, except for the two frames of a call: tabs separate their fields. This avoids quoting
 * encoded text a second time. Encoded text is JSON and contains neither tabs nor newlines.
 */

/** The start of a turn's line: `turn`, CPU and wall time in microseconds, then id, name and arguments of each call. */
export const TURN = 'turn\t'
/** The start of a line with further calls of a turn. */
export const CALLS = 'calls'
/** The start of the line of a successful outcome: `outcome`, id, clock, budget, encoded value. */
export const OUTCOME = 'outcome\t'

/** The line of a frame to the parent, with its newline. */
export function parentLine(frame: ToParent): string {
  if (frame.type === 'turn' && frame.end === undefined) {
    return `${TURN}${microseconds(frame.cpuMs)}\t${microseconds(frame.wallMs)}${callFields(frame.calls)}\n`
  }
  if (frame.type === 'calls') return `${CALLS}${callFields(frame.calls)}\n`
  return `${JSON.stringify(frame)}\n`
}

/** The line of a frame to the child, with its newline. */
export function childLine(frame: ToChild): string {
  if (frame.type === 'outcome' && frame.ok) {
    return `${OUTCOME}${frame.id}\t${frame.clock}\t${frame.budgetMs}\t${frame.value}\n`
  }
  return `${JSON.stringify(frame)}\n`
}

/** Reads a line from the parent, which the child trusts. */
export function readChildLine(line: string): ToChild {
  if (!line.startsWith(OUTCOME)) return JSON.parse(line)
  const [, id = '', clock, budgetMs, value = ''] = line.split('\t')
  return { type: 'outcome', id, ok: true, value, clock: Number(clock), budgetMs: Number(budgetMs) }
}

function callFields(calls: readonly MadeCall[]): string {
  let text = ''
  for (const { id, name, args } of calls) text += `\t${id}\t${name}\t${args}`
  return text
}

/** Whole numbers are much faster to write and to read than fractions. */
function microseconds(ms: number): number {
  return Math.round(ms * 1_000)
}
