import type { ModelMessage, ModelRequest } from '@bailiwick/contract'
import type OpenAI from 'openai'

type Body = OpenAI.Chat.ChatCompletionCreateParams
type Message = OpenAI.Chat.ChatCompletionMessageParam

/** What a server understands. An adapter starts from its preset's and unlearns what is refused. */
export interface OpenAiFeatures {
  /** Native tool calls; otherwise calls are asked for in words. */
  tools: boolean
  /** `response_format` with a JSON schema; otherwise the schema is asked for in words. */
  outputSchema: boolean
  /** `stream_options.include_usage`: without it a stream carries no usage. */
  streamUsage: boolean
  temperature: boolean
  stop: boolean
  /** OpenAI's own models refuse `max_tokens`; most compatible servers know nothing else. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens'
}

/** The body of a chat completion request. */
export function chatBody(
  model: string,
  request: ModelRequest,
  features: OpenAiFeatures,
  stream: boolean,
): Body {
  return {
    model,
    messages: request.messages.map(toMessage),
    stream,
    ...(stream && features.streamUsage && { stream_options: { include_usage: true } }),
    ...(request.tools?.length && {
      tools: request.tools.map((tool) => ({
        type: 'function' as const,
        function: { name: tool.name, description: tool.description, parameters: tool.input },
      })),
    }),
    ...(request.output && {
      response_format: {
        type: 'json_schema' as const,
        // Not strict: strict mode refuses optional properties and open records, which are legal here.
        json_schema: { name: request.output.name, schema: request.output.schema, strict: false },
      },
    }),
    ...(request.maxOutputTokens !== undefined && { [features.maxTokensField]: request.maxOutputTokens }),
    ...(request.temperature !== undefined && features.temperature && { temperature: request.temperature }),
    ...(request.stop?.length && features.stop && { stop: request.stop }),
  } as Body
}

function toMessage(message: ModelMessage): Message {
  if (message.role === 'tool') {
    return { role: 'tool', tool_call_id: message.callId ?? '', content: message.content }
  }
  if (message.role === 'assistant' && message.calls?.length) {
    return {
      role: 'assistant',
      content: message.content,
      tool_calls: message.calls.map((call) => ({
        id: call.id,
        type: 'function',
        function: {
          name: call.name,
          arguments:
            typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {}),
        },
      })),
    }
  }
  return { role: message.role, content: message.content }
}
