import { type GuestError, nearestNames } from '@bailiwick/contract/world'
import type { RewrittenStep } from '../rewrite/rewrite-step.ts'
import { excerpt, lineAndColumn } from '../rewrite/source-edit.ts'

/** The step that an error ended, and the names that it may have misspelt. */
export interface ErrorPlace {
  /** The step's number. */
  number: number
  code: string
  rewritten: RewrittenStep
  /** Names of variables and functions. */
  names: string[]
  /** Keys of call results, one per line. */
  keys: string
}

/** Adds to an error its place in the agent's own source, and a suggestion if a name looks misspelt. */
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

/** In `result.temprature.toFixed()`, the offending line names the missing key. */
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

/** Longer names get no suggestion, because comparing them takes too long, characters. */
const MAX_NAME_CHARS = 64

function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_NAME_CHARS) return undefined
  const [near] = nearestNames(
    name,
    known.filter((one) => one !== name && one.length <= MAX_NAME_CHARS),
  )
  return near
}
