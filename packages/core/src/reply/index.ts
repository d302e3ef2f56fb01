/** Parses a language model's reply. Pure functions. */

export type { FoundCall } from './find-calls.ts'
export {
  type CodeTest,
  type ParsedReply,
  parseCalls,
  parseCode,
  parseText,
  type WrittenReply,
} from './parse-reply.ts'
