import { preview } from './preview.ts'
import { bare, define, freeze, indexOf, slice } from './primordials.ts'
import { state } from './state.ts'

let printed = 0
let missing = 0
let missingLines = 0

export function resetConsole(): void {
  printed = 0
  missing = 0
  missingLines = 0
}

/** Characters and lines of this step beyond the limit. */
export function outputMissing(): { chars: number; lines: number } {
  return bare({ chars: missing, lines: missingLines })
}

/** Prints up to the step's limit. Beyond it, only counts, so that a flood costs no memory. */
function print(text: string): undefined {
  const left = state.limits.outputChars - printed
  if (left <= 0) {
    missing += text.length + 1
    missingLines += 1
    return
  }
  const kept = text.length > left ? slice(text, 0, left) : text
  printed += kept.length + 1
  missing += text.length - kept.length
  state.door.print(kept)
}

function log(...values: unknown[]): undefined {
  const left = state.limits.outputChars - printed
  if (left <= 0 && (values.length === 0 || typeof values[0] !== 'string')) return print('')
  let text = ''
  let follows = false
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]
    const isText = typeof value === 'string'
    const shown = isText ? value : preview(value, state.limits.previewChars, state.limits.previewValues)
    // A table or another value of several lines begins on a line of its own, and so does what follows it.
    const isBlock = !isText && indexOf(shown, '\n', 0) >= 0
    if (index > 0) text += isBlock || follows ? '\n' : ' '
    text += shown
    follows = isBlock
  }
  print(text)
}

function assertionFailed(first: unknown, second: unknown): void {
  if (first === undefined) log('Assertion failed')
  else if (second === undefined) log('Assertion failed:', first)
  else log('Assertion failed:', first, second)
}

export function installConsole(): void {
  const names = ['log', 'info', 'warn', 'error', 'debug', 'table', 'dir', 'trace', 'group'] as const
  const made: Record<string, unknown> = {}
  for (const name of names) made[name] = log
  made.groupEnd = () => {}
  // Fixed parameters, so that V8 inlines assertions that hold. Code makes many of them, also in loops.
  made.assert = (holds: unknown, first: unknown, second: unknown) => {
    if (!holds) assertionFailed(first, second)
  }
  // A plain property, not a locked one, so that V8 treats the console as a constant.
  define(
    globalThis,
    'console',
    bare({ value: freeze(made), writable: false, enumerable: false, configurable: false }),
  )
}
