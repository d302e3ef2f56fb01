/** Parses a language model's reply. Pure functions. */

export type { FoundCall } from './find-calls.ts'
export { looksLikePython } from './looks-like-code.ts'
export {
  type CodeTest,
  nativeCalls,
  type ParsedReply,
  parseCalls,
  parseCode,
  parseText,
  type WrittenReply,
} from './parse-reply.ts'
export { stripThinking } from './strip-thinking.ts'
