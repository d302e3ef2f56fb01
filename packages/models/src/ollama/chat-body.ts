import type { ModelMessage, ModelRequest } from '@bailiwick/contract'
import type { ChatRequest, Message } from 'ollama'

/** Settings that only Ollama has. */
export interface OllamaSettings {
  /** Thinking on, off, or a level. Sent only to models that can think, because others answer 400. */
  think?: boolean | 'high' | 'medium' | 'low' | undefined
  /** How long the model stays loaded: a duration such as `10m`, seconds, or -1 for no limit. */
  keepAlive?: string | number | undefined
}

/** The body of a chat request. It always has `numCtx`, because the server's default is 4,096 on most machines. */
export function chatBody(
  model: string,
  request: ModelRequest,
  settings: OllamaSettings & { numCtx: number },
): ChatRequest & { truncate: boolean; shift: boolean } {
  return {
    model,
    messages: request.messages.map((message) => toMessage(message, request.messages)),
    // Makes the server refuse a long prompt instead of dropping its oldest messages. Servers before 0.12.6 ignore this.
    truncate: false,
    shift: false,
    ...(request.tools?.length && {
      tools: request.tools.map((tool) => ({
        type: 'function',
        function: { name: tool.name, description: tool.description, parameters: tool.input },
      })),
    }),
    ...(request.output && { format: request.output.schema }),
    ...(settings.think !== undefined && { think: settings.think }),
    ...(settings.keepAlive !== undefined && { keep_alive: settings.keepAlive }),
    options: {
      num_ctx: settings.numCtx,
      ...(request.maxOutputTokens !== undefined && { num_predict: request.maxOutputTokens }),
      ...(request.temperature !== undefined && { temperature: request.temperature }),
      ...(request.stop?.length && { stop: request.stop }),
    },
  }
}

function toMessage(message: ModelMessage, all: ModelMessage[]): Message {
  if (message.role === 'tool') {
    const call = all.flatMap((other) => other.calls ?? []).findLast(({ id }) => id === message.callId)
    return { role: 'tool', content: message.content, ...(call && { tool_name: call.name }) }
  }
  return {
    role: message.role,
    content: message.content,
    ...(message.calls?.length && {
      tool_calls: message.calls.map((call) => ({
        function: { name: call.name, arguments: toRecord(call.arguments) },
      })),
    }),
  }
}

/** The server takes only objects, so any other value goes into a field. */
function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : { input: value }
}
