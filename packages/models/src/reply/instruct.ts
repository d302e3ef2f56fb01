import type { ModelReply, ModelRequest } from '@bailiwick/contract'
import { instructCalls, readCalls } from './emulate.ts'
import { instructOutput, readOutput } from './instruct-output.ts'

/** What the server does by itself. */
export interface NativeFeatures {
  tools: boolean
  outputSchema: boolean
}

interface Instructed {
  request: ModelRequest
  /** Turns what was answered in words back into what was asked for. */
  read(reply: ModelReply): ModelReply
}

/** Puts into words what the server has no parameter for: tools, tool results and output schemas. */
export function instruct(request: ModelRequest, native: NativeFeatures): Instructed {
  let sent = request
  const readers: ((reply: ModelReply) => ModelReply)[] = []
  if (!native.outputSchema && sent.output !== undefined) {
    sent = instructOutput(sent, sent.output)
    readers.push(readOutput)
  }
  if (!native.tools) {
    if (request.tools?.length) readers.push(readCalls)
    sent = instructCalls(sent)
  }
  return { request: sent, read: (reply) => readers.reduce((read, reader) => reader(read), reply) }
}
