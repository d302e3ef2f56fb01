import type { ModelMessage, ModelRequest, Usage } from '@bailiwick/contract'

/** Average characters of a token. The estimate is off by about 20%; a tokenizer would cost 68–131 MB per process. */
const CHARACTERS_PER_TOKEN = 3.5
/** Role markers and separators around each message. */
const TOKENS_PER_MESSAGE = 6

/** Estimates the tokens of a text. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

/** Estimates the prompt tokens of a request, tools and schema included. */
export function estimatePromptTokens(request: ModelRequest): number {
  const messages = request.messages.reduce((sum, message) => sum + estimateMessageTokens(message), 0)
  const tools = request.tools?.length ? estimateTokens(JSON.stringify(request.tools)) : 0
  const output = request.output ? estimateTokens(JSON.stringify(request.output.schema)) : 0
  return messages + tools + output
}

function estimateMessageTokens(message: ModelMessage): number {
  const calls = message.calls?.length ? JSON.stringify(message.calls) : ''
  return TOKENS_PER_MESSAGE + estimateTokens(message.content + calls)
}

/** The usage of a reply whose server counts nothing: estimated tokens and an unknown cost. */
export function estimateUsage(request: ModelRequest, text: string, thinking: string): Usage {
  return {
    inputTokens: estimatePromptTokens(request),
    cachedTokens: 0,
    outputTokens: estimateTokens(text + thinking),
    reasoningTokens: estimateTokens(thinking),
    replies: 1,
    cost: null,
  }
}
