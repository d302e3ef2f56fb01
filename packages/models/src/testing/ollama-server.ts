import { type ModelServer, type ModelServerOptions, sendJson, startModelServer } from './model-server.ts'
import { chatAnswer, chatLines, listAnswer, showAnswer } from './ollama-answers.ts'
import { sendBody } from './send-body.ts'
import { chooseReply, type ServedRequest } from './served-reply.ts'

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
      if (path === '/api/tags') return sendJson(response, 200, listAnswer(models))
      if (path === '/api/show') {
        const embeds = /embed/.test(String(body.model))
        return sendJson(response, 200, showAnswer(embeds ? ['embedding'] : capabilities, contextTokens))
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
          {
            contentType: 'application/json',
            chunks: [JSON.stringify(chatAnswer(String(body.model), answered))],
          },
          fault,
        )
      }
      const chunks = chatLines(String(body.model), answered)
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
