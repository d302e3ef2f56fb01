import type { GuestError } from '@bailiwick/contract/world'
import type { MadeCall, StepEnd, ToChild, ToParent } from './frame.ts'

/*
 * A frame to the parent is a line of fields, separated by tabs: its type, then numbers and texts in a fixed order. A
 * text is a JSON string, and a missing one is empty. Arguments of calls are encoded text, which is JSON already.
 * Neither contains tabs or newlines. The parent never parses nested JSON from a child, because its cost grows with the
 * number of values in it.
 */

/** The start of the line of a successful outcome: `outcome`, id, clock, budget, encoded value. */
const OUTCOME = 'outcome\t'

/** The line of a frame to the parent, with its newline. */
export function parentLine(frame: ToParent): string {
  switch (frame.type) {
    case 'ready':
      return 'ready\n'
    case 'opened':
      return `opened\t${text(frame.hash)}\n`
    case 'checkpoint':
      return `checkpoint\t${text(frame.text)}\t${text(frame.refused)}\n`
    case 'need':
      return `need${texts(frame.names)}\n`
    case 'print':
      return `print${texts(frame.lines)}\n`
    case 'refused':
      return `refused\t${text(frame.name)}\t${text(frame.message)}\n`
    case 'part':
      return `part\t${text(frame.text)}\n`
    case 'calls':
      return `calls${callFields(frame.calls)}\n`
    case 'turn': {
      const { cpuMs, wallMs, calls, end } = frame
      const times = `${microseconds(cpuMs)}\t${microseconds(wallMs)}`
      return end === undefined ? `turn\t${times}${callFields(calls)}\n` : `last\t${times}${endFields(end)}\n`
    }
    case 'ended':
      return `ended${endFields(frame.end)}\n`
    case 'stopped':
      return `stopped\t${frame.reason}\t${text(frame.message)}\n`
  }
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

function text(value: string | undefined): string {
  return value === undefined ? '' : JSON.stringify(value)
}

function texts(values: readonly string[]): string {
  let fields = ''
  for (const value of values) fields += `\t${JSON.stringify(value)}`
  return fields
}

function callFields(calls: readonly MadeCall[]): string {
  let fields = ''
  for (const { id, name, args } of calls) fields += `\t${id}\t${name}\t${args}`
  return fields
}

function endFields({ preview, final, error, missingChars, missingLines, hash }: StepEnd): string {
  const fields = [missingChars, missingLines, text(preview), text(final), text(hash), ...errorFields(error)]
  return `\t${fields.join('\t')}`
}

function errorFields(error: GuestError | undefined): string[] {
  if (error === undefined) return []
  const { name, message, line, column, excerpt } = error
  return [text(name), text(message), String(line ?? ''), String(column ?? ''), text(excerpt)]
}

/** Whole numbers are much faster to write and to read than fractions. */
function microseconds(ms: number): number {
  return Math.round(ms * 1_000)
}
