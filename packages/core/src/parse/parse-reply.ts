import { findCode } from './find-code.ts'
import { findJson } from './find-json.ts'
import { stripThinking } from './strip-thinking.ts'

/** What a reply of a code agent asks for. `none`: it holds no code, and `why` says so to the model. */
export type CodeAction = { kind: 'code'; code: string; invented: boolean } | { kind: 'none'; why: string }

const SHAPE =
  'Write one short thought, then one block:\n<code>\nconst rows = await someTool({ argument: 1 })\n</code>'

/**
 * From a reply to the code it carries: `<code>`, then a js, ts or untagged fence, then JSON with a `code`
 * field, then the whole reply if it parses as more than a name.
 *
 * @param parses tells whether a text is JavaScript or TypeScript; the host has a parser, core does not
 */
export function parseCodeReply(reply: string, parses: (text: string) => boolean = () => false): CodeAction {
  const text = stripThinking(reply)
  const { blocks, invented } = findCode(text)
  if (blocks.length > 0) {
    // Behind an invented observation nothing can be trusted: only the first block was written in earnest.
    const code = invented ? blocks[0] : blocks.join('\n')
    return { kind: 'code', code: code ?? '', invented }
  }
  const json = findJson(text)?.value
  if (typeof json === 'object' && json !== null && 'code' in json && typeof json.code === 'string') {
    return { kind: 'code', code: json.code, invented: false }
  }
  if (/[^\w\s.,!?'"-]/.test(text) && parses(text)) return { kind: 'code', code: text, invented: false }
  return { kind: 'none', why: `The reply holds no code to run. ${SHAPE}` }
}

export interface TextCall {
  name: string
  arguments: unknown
}

/** JSON tool calls written as text: `{"calls":[{"name","arguments"}]}`, one such object, or a list. */
export function parseTextCalls(reply: string): TextCall[] {
  const value = findJson(stripThinking(reply))?.value
  const list = Array.isArray(value)
    ? value
    : isObject(value) && Array.isArray(value.calls)
      ? value.calls
      : [value]
  const calls = list.map(asCall)
  return calls.every((call) => call !== undefined) ? calls : []
}

function asCall(value: unknown): TextCall | undefined {
  if (!isObject(value)) return undefined
  const name = value.name ?? value.tool ?? value.function
  const args = value.arguments ?? value.args ?? value.input ?? value.parameters
  return typeof name === 'string' && args !== undefined ? { name, arguments: args } : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
