import { FINAL_ANSWER, findAllJson, type ModelReply } from '@bailiwick/contract'
import { cutObservation } from './cut-observation.ts'
import { type FoundCall, findCalls } from './find-calls.ts'
import { type Block, findCode } from './find-code.ts'
import { looksLikeCode, looksLikePython } from './looks-like-code.ts'
import { stripThinking } from './strip-thinking.ts'

/** What a reply asks for. `invented` is true if the model made up an observation, which was cut off. */
export type ParsedReply = { text: string; thinking: string; invented: boolean } & (
  | { kind: 'code'; code: string }
  | { kind: 'calls'; calls: FoundCall[] }
  | { kind: 'text' }
  /** The reply should hold code, but does not. */
  | { kind: 'nothing'; problem: 'no-code' | 'python' | 'empty' }
)

/** The parts of a model's reply that the parser reads. */
export type WrittenReply = Pick<ModelReply, 'text' | 'thinking' | 'calls'>

/** Whether a text parses as code. Called if a whole reply may be code without a block. */
export type CodeTest = (text: string) => boolean

/**
 * Parses a reply as tool calls, or as text if it has none. Prefers native calls to calls that are written as text.
 */
export function parseCalls(reply: WrittenReply): ParsedReply {
  const { text, ...rest } = clean(reply)
  const calls = reply.calls.length > 0 ? nativeCalls(reply) : findCalls(text)
  return calls.length > 0 ? { ...rest, text, kind: 'calls', calls } : { ...rest, text, kind: 'text' }
}

/** The calls that the provider returned separately from the text. */
export function nativeCalls({ calls }: WrittenReply): FoundCall[] {
  return calls.map(({ name, arguments: args }) => ({ name, args }))
}

/** Parses a reply as text, without thoughts and invented observations. */
export function parseText(reply: WrittenReply): ParsedReply {
  return { ...clean(reply), invented: false, kind: 'text' }
}

/**
 * Parses a reply as code. Tries in this order, which works with real models: tagged code, fences, JSON with a `code`
 * field, JSON calls (rewritten as code), and a whole reply that is code.
 */
export function parseCode(reply: WrittenReply, isCode: CodeTest = looksLikeCode): ParsedReply {
  const cleaned = clean(reply)
  const { text, invented } = cleaned
  const blocks = findCode(text)
  const runnable = blocks.filter(
    ({ language, code }) => RUNNABLE.has(language) && !isJsonAction(language, code),
  )
  if (runnable.length > 0) {
    // After an invented observation, later blocks rely on results that do not exist.
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

/** Rewrites a call as code. The sandbox checks the name. */
function asCode({ name, args }: FoundCall): string {
  const callee = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `globalThis[${JSON.stringify(name)}]`
  const call = `${callee}(${args === undefined ? '' : JSON.stringify(args)})`
  return name === FINAL_ANSWER ? call : `await ${call}`
}
