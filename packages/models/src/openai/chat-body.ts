import type { ModelMessage, ModelRequest } from '@bailiwick/contract'
import type OpenAI from 'openai'
import type { OpenAiFeatures } from './features.ts'

type Body = OpenAI.Chat.ChatCompletionCreateParams
type Message = OpenAI.Chat.ChatCompletionMessageParam

/** The body of a chat completion request, with the features that the server understands. */
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
    ...(request.tools?.length &&
      request.toolChoice !== undefined &&
      features.toolChoice && { tool_choice: request.toolChoice }),
    ...(request.output && {
      response_format: {
        type: 'json_schema' as const,
        // Strict mode would refuse optional properties and open records.
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
