import { type ModelServer, type ModelServerOptions, sendJson, startModelServer } from './model-server.ts'
import { sendBody } from './send-body.ts'
import { type CountedReply, chooseReply, piecesOf, type ServedRequest } from './served-reply.ts'

/** The models of the server, its replies and its faults. */
export interface OpenAiServerOptions extends ModelServerOptions {
  /** Additional fields of each listed model. Every kind of server has its own names for contexts and capabilities. */
  listed?: Record<string, unknown>
  /** Answers of other paths, for a server's own API: `{ '/props': {…} }`. */
  others?: Record<string, unknown>
}

/**
 * Starts a server on loopback that speaks OpenAI's chat completions. Its base URL is its `url` plus `/v1`. Disposing
 * of it closes every socket.
 *
 * @example
 * ```ts
 * await using server = await startOpenAiServer({ fault: (n) => (n === 0 ? { kind: 'reset' } : undefined) })
 * const model = openaiModel({ model: 'test-model', baseURL: `${server.url}/v1` })
 * ```
 */
export function startOpenAiServer(options: OpenAiServerOptions = {}): Promise<ModelServer> {
  const { reply = 'ok', models = ['test-model'], listed = {}, others = {} } = options
  const choose = typeof reply === 'string' ? () => reply : reply
  return startModelServer(
    options,
    (path) => path.endsWith('/chat/completions'),
    async (path, body, response, fault) => {
      if (Object.hasOwn(others, path)) return sendJson(response, 200, others[path])
      if (path === '/v1/models')
        return sendJson(response, 200, {
          object: 'list',
          data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test', ...listed })),
        })
      if (!path.endsWith('/chat/completions'))
        return sendJson(response, 404, { error: { message: `no ${path}` } })
      if (fault?.kind === 'no-tools' && body.tools !== undefined) {
        return sendJson(response, 400, { error: { message: `${String(body.model)} does not support tools` } })
      }
      const chosen =
        fault?.kind === 'empty'
          ? emptied(await chooseReply(choose, servedRequest(body)))
          : await chooseReply(choose, servedRequest(body))
      const stream = body.stream === true
      if (fault?.kind === 'no-choices') {
        const chunk = { id: 'c', object: 'chat.completion', model: body.model, choices: [] }
        const none = stream ? [event(chunk), 'data: [DONE]\n\n'] : [JSON.stringify(chunk)]
        return sendBody(
          response,
          { contentType: stream ? 'text/event-stream' : 'application/json', chunks: none },
          undefined,
        )
      }
      if (!stream) {
        return sendBody(
          response,
          { contentType: 'application/json', chunks: [JSON.stringify(completion(body, chosen))] },
          fault,
        )
      }
      const chunks = streamed(body, chosen)
      if (fault?.kind === 'error-in-stream')
        chunks.splice(2, Number.POSITIVE_INFINITY, event({ error: { message: fault.message } }))
      return sendBody(response, { contentType: 'text/event-stream', chunks }, fault)
    },
  )
}

function servedRequest(body: Record<string, unknown>): ServedRequest {
  const messages = (body.messages as { role: string; content: unknown }[]) ?? []
  const tools = (body.tools as { function: { name: string } }[] | undefined) ?? []
  return {
    model: String(body.model),
    messages: messages.map(({ role, content }) => ({
      role,
      content: typeof content === 'string' ? content : JSON.stringify(content ?? ''),
    })),
    tools: tools.map((tool) => tool.function.name),
    body,
  }
}

function emptied(reply: CountedReply): CountedReply {
  return { text: '', usage: reply.usage }
}

function finishOf({ finish, calls }: CountedReply): string {
  return finish ?? (calls?.length ? 'tool_calls' : 'stop')
}

function toolCalls({ calls = [] }: CountedReply) {
  return calls.map((call, index) => ({
    index,
    id: `call_${index}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }))
}

function usageOf({ usage }: CountedReply) {
  const { inputTokens, outputTokens, cachedTokens = 0, reasoningTokens = 0 } = usage
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
}

function completion(body: Record<string, unknown>, reply: CountedReply) {
  const calls = toolCalls(reply)
  const message = {
    role: 'assistant',
    content: reply.text,
    ...(reply.thinking !== undefined && { reasoning_content: reply.thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 0,
    model: body.model,
    choices: [{ index: 0, message, finish_reason: finishOf(reply) }],
    usage: usageOf(reply),
  }
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function streamed(body: Record<string, unknown>, reply: CountedReply): string[] {
  const chunk = (delta: unknown, finish: string | null = null) =>
    event({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 0,
      model: body.model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
  const counts = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true
  return [
    chunk({ role: 'assistant', content: '' }),
    ...piecesOf(reply.thinking ?? '').map((piece) => chunk({ reasoning_content: piece })),
    ...piecesOf(reply.text).map((piece) => chunk({ content: piece })),
    ...toolCalls(reply).map((call) => chunk({ tool_calls: [call] })),
    chunk({}, finishOf(reply)),
    ...(counts
      ? [
          event({
            id: 'chatcmpl-1',
            object: 'chat.completion.chunk',
            created: 0,
            model: body.model,
            choices: [],
            usage: usageOf(reply),
          }),
        ]
      : []),
    'data: [DONE]\n\n',
  ]
}
