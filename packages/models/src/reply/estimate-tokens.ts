import type { ModelMessage, ModelRequest, Usage } from '@bailiwick/contract'

/** Characters of a token, on average. Tokenizers cost 68–131 MB a process; this is off by about 20%. */
const CHARACTERS_PER_TOKEN = 3.5
/** Role markers and separators around each message. */
const TOKENS_PER_MESSAGE = 6

/** A rough number of tokens in a text. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

/** A rough number of prompt tokens of a request, tools and schema included. */
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

/** Usage where the server counts none: estimated tokens, and a cost that is unknown. */
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
