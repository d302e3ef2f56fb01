import { FINAL_ANSWER, findAllJson, type ModelReply } from '@bailiwick/contract'
import { cutObservation } from './cut-observation.ts'
import { type FoundCall, findCalls } from './find-calls.ts'
import { type Block, findCode } from './find-code.ts'
import { looksLikeCode, looksLikePython } from './looks-like-code.ts'
import { stripThinking } from './strip-thinking.ts'

/** What a reply asks for. `invented`: it went on to make up the observation, which was cut off. */
export type ParsedReply = { text: string; thinking: string; invented: boolean } & (
  | { kind: 'code'; code: string }
  | { kind: 'calls'; calls: FoundCall[] }
  | { kind: 'text' }
  /** Code was wanted and cannot be had. */
  | { kind: 'nothing'; problem: 'no-code' | 'python' | 'empty' }
)

/** What of a model's reply is looked at. */
export type WrittenReply = Pick<ModelReply, 'text' | 'thinking' | 'calls'>

/** Whether a text parses as code; asked where a whole reply may be unmarked code. */
export type CodeTest = (text: string) => boolean

/**
 * A reply read as JSON calls, or as text where there are none: native calls first, then calls that
 * were written as text.
 */
export function parseCalls(reply: WrittenReply): ParsedReply {
  const { text, ...rest } = clean(reply)
  const calls = reply.calls.length > 0 ? nativeCalls(reply) : findCalls(text)
  return calls.length > 0 ? { ...rest, text, kind: 'calls', calls } : { ...rest, text, kind: 'text' }
}

/** The calls that a model made by its provider's own means. */
export function nativeCalls({ calls }: WrittenReply): FoundCall[] {
  return calls.map(({ name, arguments: args }) => ({ name, args }))
}

/** A reply read as text: thoughts and inventions gone. */
export function parseText(reply: WrittenReply): ParsedReply {
  return { ...clean(reply), invented: false, kind: 'text' }
}

/**
 * A reply read as code, in the order that copes with real models: marked code, fences, JSON with a
 * `code` field, calls in JSON (rewritten as code, so that they pass the same way), and a whole reply
 * that is code.
 */
export function parseCode(reply: WrittenReply, isCode: CodeTest = looksLikeCode): ParsedReply {
  const cleaned = clean(reply)
  const { text, invented } = cleaned
  const blocks = findCode(text)
  const runnable = blocks.filter(
    ({ language, code }) => RUNNABLE.has(language) && !isJsonAction(language, code),
  )
  if (runnable.length > 0) {
    // After an invented observation, later blocks build on what never happened.
    const code = (invented ? runnable.slice(0, 1) : runnable).map(({ code }) => code).join('\n\n')
    return looksLikePython(code)
      ? { ...cleaned, kind: 'nothing', problem: 'python' }
      : { ...cleaned, kind: 'code', code }
  }
  const inJson = codeInJson(reply, text)
  if (inJson !== undefined) return { ...cleaned, kind: 'code', code: inJson }
  if (blocks.some(({ language }) => PYTHON.has(language)))
    return { ...cleaned, kind: 'nothing', problem: 'python' }
  if (text === '') return { ...cleaned, kind: 'nothing', problem: 'empty' }
  if (blocks.length === 0 && isCode(text) && !/^[\w$]+$/.test(text))
    return { ...cleaned, kind: 'code', code: text }
  return { ...cleaned, kind: 'nothing', problem: 'no-code' }
}

const RUNNABLE = new Set([
  'tag',
  '',
  'js',
  'javascript',
  'mjs',
  'jsx',
  'ts',
  'typescript',
  'tsx',
  'node',
  'code',
])
const PYTHON = new Set(['py', 'python', 'python3'])

function clean(reply: WrittenReply): { text: string; thinking: string; invented: boolean } {
  const { text, thinking } = stripThinking(reply.text)
  return { thinking: [reply.thinking, thinking].filter(Boolean).join('\n'), ...cutObservation(text) }
}

/** An untagged fence that holds `{"code": …}` is JSON, not a block statement. */
function isJsonAction(language: Block['language'], code: string): boolean {
  return (
    (language === '' || language === 'tag') && /^\s*[{[]\s*["{]/.test(code) && findAllJson(code).length > 0
  )
}

function codeInJson(reply: WrittenReply, text: string): string | undefined {
  const calls = reply.calls.length > 0 ? nativeCalls(reply) : findCalls(text)
  const values = [...calls.map(({ args }) => args), ...findAllJson(text)]
  for (const value of values) {
    const code = (value as { code?: unknown } | null)?.code
    if (typeof code === 'string' && code.trim() !== '') return code
  }
  return calls.length > 0 ? calls.map(asCode).join('\n') : undefined
}

/** Names are checked by whoever runs the code; an identifier it must be, or it would not be a call. */
function asCode({ name, args }: FoundCall): string {
  const callee = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `globalThis[${JSON.stringify(name)}]`
  const call = `${callee}(${args === undefined ? '' : JSON.stringify(args)})`
  return name === FINAL_ANSWER ? call : `await ${call}`
}
