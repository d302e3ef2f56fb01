import type { MadeCall, ToChild, ToParent } from './frame.ts'

/*
 * A frame is a line of JSON, but for the two that a call consists of: their fields stand between tabs.
 * What is encoded text already is not quoted once more, and JSON's text holds no tab and no newline.
 */

/** Begins the line of a turn: `turn`, CPU and wall microseconds, then id, name and arguments of each call. */
export const TURN = 'turn\t'
/** Begins the line of further calls of a turn. */
export const CALLS = 'calls'
/** Begins the line of an outcome with a value: `outcome`, id, clock, budget, encoded value. */
export const OUTCOME = 'outcome\t'

/** The line of a frame to the parent, its newline included. */
export function parentLine(frame: ToParent): string {
  if (frame.type === 'turn' && frame.end === undefined) {
    return `${TURN}${microseconds(frame.cpuMs)}\t${microseconds(frame.wallMs)}${callFields(frame.calls)}\n`
  }
  if (frame.type === 'calls') return `${CALLS}${callFields(frame.calls)}\n`
  return `${JSON.stringify(frame)}\n`
}

/** The line of a frame to the child, its newline included. */
export function childLine(frame: ToChild): string {
  if (frame.type === 'outcome' && frame.ok) {
    return `${OUTCOME}${frame.id}\t${frame.clock}\t${frame.budgetMs}\t${frame.value}\n`
  }
  return `${JSON.stringify(frame)}\n`
}

/** What the parent sent. It is trusted. */
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

/** Whole numbers are far quicker to write and to read. */
function microseconds(ms: number): number {
  return Math.round(ms * 1_000)
}
