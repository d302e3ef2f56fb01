import { preview } from './preview.ts'
import { bare, define, freeze, slice } from './primordials.ts'
import { state } from './state.ts'

let printed = 0
let missing = 0
let missingLines = 0

export function resetConsole(): void {
  printed = 0
  missing = 0
  missingLines = 0
}

/** What the cap kept back in this step: characters and lines. */
export function outputMissing(): { chars: number; lines: number } {
  return bare({ chars: missing, lines: missingLines })
}

/** Prints within the step's cap; beyond it only counts, so that a flood costs no memory. */
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
  if (left <= 0 && typeof values[0] !== 'string') return print('')
  let text = ''
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]
    text += index === 0 ? '' : ' '
    text +=
      typeof value === 'string'
        ? value
        : preview(value, state.limits.previewChars, state.limits.previewValues)
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
  // Fixed parameters: assertions that hold are all over code, in loops too, and V8 inlines this one.
  made.assert = (holds: unknown, first: unknown, second: unknown) => {
    if (!holds) assertionFailed(first, second)
  }
  // A plain property, not a locked one: V8 then takes the console for the constant that it is.
  define(
    globalThis,
    'console',
    bare({ value: freeze(made), writable: false, enumerable: false, configurable: false }),
  )
}
