import { type ModelServer, type ModelServerOptions, sendJson, startModelServer } from './model-server.ts'
import { sendBody } from './send-body.ts'
import { type CountedReply, chooseReply, piecesOf, type ServedRequest } from './served-reply.ts'

export interface OllamaServerOptions extends ModelServerOptions {
  /** What `/api/show` says the models can do. Default: completion and tools. */
  capabilities?: string[]
  /** Tokens that the models were trained on. Default 40,960. */
  contextTokens?: number
}

/** A server that speaks Ollama's native API. */
export function startOllamaServer(options: OllamaServerOptions = {}): Promise<ModelServer> {
  const {
    reply = 'ok',
    models = ['test-model:1b'],
    capabilities = ['completion', 'tools'],
    contextTokens = 40_960,
  } = options
  const choose = typeof reply === 'string' ? () => reply : reply
  return startModelServer(
    options,
    (path) => path === '/api/chat',
    async (path, body, response, fault) => {
      if (path === '/api/version') return sendJson(response, 200, { version: '0.12.0' })
      if (path === '/api/tags')
        return sendJson(response, 200, {
          models: models.map((name) => ({ name, model: name, size: 1, details: {} })),
        })
      if (path === '/api/show') {
        const embeds = /embed/.test(String(body.model))
        return sendJson(response, 200, {
          details: {},
          model_info: { 'test.context_length': contextTokens },
          capabilities: embeds ? ['embedding'] : capabilities,
        })
      }
      if (path !== '/api/chat') return sendJson(response, 404, { error: `no ${path}` })
      if (
        (fault?.kind === 'no-tools' || !capabilities.includes('tools')) &&
        Array.isArray(body.tools) &&
        body.tools.length > 0
      ) {
        return sendJson(response, 400, { error: `${String(body.model)} does not support tools` })
      }
      const chosen = await chooseReply(choose, asked(body))
      const answered = fault?.kind === 'empty' ? { text: '', usage: chosen.usage } : chosen
      if (body.stream === false) {
        return sendBody(
          response,
          { contentType: 'application/json', chunks: [JSON.stringify(whole(body, answered))] },
          fault,
        )
      }
      const chunks = streamed(body, answered)
      if (fault?.kind === 'error-in-stream')
        chunks.splice(1, Number.POSITIVE_INFINITY, `${JSON.stringify({ error: fault.message })}\n`)
      return sendBody(response, { contentType: 'application/x-ndjson', chunks }, fault)
    },
  )
}

function asked(body: Record<string, unknown>): ServedRequest {
  return {
    model: String(body.model),
    messages: (body.messages as { role: string; content: string }[]) ?? [],
    tools: ((body.tools as { function: { name: string } }[] | undefined) ?? []).map(
      (tool) => tool.function.name,
    ),
    body,
  }
}

const created_at = '2026-01-01T00:00:00Z'

function ending(reply: CountedReply) {
  return {
    done: true,
    done_reason: reply.finish ?? 'stop',
    total_duration: 1,
    load_duration: 1,
    prompt_eval_count: reply.usage.inputTokens,
    prompt_eval_duration: 1,
    eval_count: reply.usage.outputTokens,
    eval_duration: 1,
  }
}

function message(reply: Partial<CountedReply>) {
  return {
    role: 'assistant',
    content: reply.text ?? '',
    ...(reply.thinking === undefined ? {} : { thinking: reply.thinking }),
    ...(reply.calls?.length
      ? {
          tool_calls: reply.calls.map(({ name, arguments: args }) => ({
            function: { name, arguments: args },
          })),
        }
      : {}),
  }
}

function whole(body: Record<string, unknown>, reply: CountedReply) {
  return { model: body.model, created_at, message: message(reply), ...ending(reply) }
}

function streamed(body: Record<string, unknown>, reply: CountedReply): string[] {
  const line = (part: Partial<CountedReply>) =>
    `${JSON.stringify({ model: body.model, created_at, message: message(part), done: false })}\n`
  return [
    ...piecesOf(reply.thinking ?? '').map((thinking) => line({ thinking })),
    ...piecesOf(reply.text).map((text) => line({ text })),
    ...(reply.calls?.length ? [line({ calls: reply.calls })] : []),
    `${JSON.stringify({ model: body.model, created_at, message: message({}), ...ending(reply) })}\n`,
  ]
}
