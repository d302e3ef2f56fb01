import type { GuestError } from '@bailiwick/contract/world'
import type { RewrittenStep } from '../rewrite/rewrite-step.ts'
import { excerpt, lineAndColumn } from '../rewrite/source-edit.ts'
import { nearest } from './nearest.ts'

export interface ErrorPlace {
  number: number
  code: string
  rewritten: RewrittenStep
  /** What the code could have meant: variables, functions. */
  names: string[]
  /** Keys of call results, a line each. */
  keys: string
}

/** An error that ended a step, with its place in the agent's own source and what may have been meant. */
export function explainError(
  error: { name: string; message: string; stack: string },
  place: ErrorPlace,
): GuestError {
  const found: GuestError = { name: error.name, message: error.message }
  const at = findPlace(error.stack, place)
  if (at !== undefined) Object.assign(found, at)
  const hint = unknownName(error, place) ?? unknownKey(error, at?.excerpt ?? '', place)
  if (hint !== undefined) found.message += hint
  return found
}

function findPlace(
  stack: string,
  { number, code, rewritten }: ErrorPlace,
): Pick<GuestError, 'line' | 'column' | 'excerpt'> | undefined {
  const frame = /step-(\d+)\.js:(\d+):(\d+)/.exec(stack)
  if (frame === null || Number(frame[1]) !== number) return undefined
  const offset = rewritten.body.sourceOffset(Number(frame[2]), Number(frame[3]))
  const { line, column } = lineAndColumn(rewritten.source, offset)
  return { line, column, excerpt: excerpt(code, line, column) }
}

function unknownName(error: { name: string; message: string }, { names }: ErrorPlace): string | undefined {
  if (error.name !== 'ReferenceError') return undefined
  const name = /^(\S+) is not defined$/.exec(error.message)?.[1]
  const near = name === undefined ? undefined : nearest(name, names)
  return near === undefined ? undefined : `; did you mean \`${near}\`?`
}

/** `result.temprature.toFixed()`: the key that is not there stands in the offending line. */
function unknownKey(
  error: { name: string; message: string },
  shown: string,
  { keys }: ErrorPlace,
): string | undefined {
  if (error.name !== 'TypeError' || keys === '') return undefined
  const known = keys.split('\n')
  for (const [, key = ''] of shown.matchAll(/[\w$\])]\??\.\s*([A-Za-z_$][\w$]*)/g)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    if (near !== undefined) return `; the result has no key \`${key}\`, did you mean \`${near}\`?`
  }
  return undefined
}
