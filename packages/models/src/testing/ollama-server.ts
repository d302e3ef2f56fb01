import type { ChatResponse, ListResponse, ShowResponse } from 'ollama'
import { type ModelServer, type ModelServerOptions, sendJson, startModelServer } from './model-server.ts'
import { sendBody } from './send-body.ts'
import { type CountedReply, chooseReply, piecesOf, type ServedRequest } from './served-reply.ts'

/** The models of the server, its replies and its faults. */
export interface OllamaServerOptions extends ModelServerOptions {
  /** The capabilities that `/api/show` lists. Default: completion and tools. */
  capabilities?: string[]
  /** The length in tokens that the models were trained on. Default 40,960. */
  contextTokens?: number
}

/**
 * Starts a server on loopback that speaks Ollama's native API. Disposing of it closes every socket.
 *
 * @example
 * ```ts
 * await using server = await startOllamaServer({ models: ['qwen3:8b'], reply: 'It is blue.' })
 * const model = ollamaModel({ model: 'qwen3:8b', host: server.url })
 * ```
 */
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
      const chosen = await chooseReply(choose, servedRequest(body))
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

function servedRequest(body: Record<string, unknown>): ServedRequest {
  return {
    model: String(body.model),
    messages: (body.messages as { role: string; content: string }[]) ?? [],
    tools: ((body.tools as { function: { name: string } }[] | undefined) ?? []).map(
      (tool) => tool.function.name,
    ),
    body,
  }
}

/** A type of the client in JSON, where dates are strings and maps are objects. The client does not convert them. */
type Wire<T> = T extends Date
  ? string
  : T extends Map<string, unknown>
    ? Record<string, unknown>
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T

const CREATED_AT = '2026-01-01T00:00:00Z'
const DETAILS = {
  parent_model: '',
  format: 'gguf',
  family: 'test',
  families: ['test'],
  parameter_size: '1B',
  quantization_level: 'Q4_K_M',
}

/** The answer of `/api/tags`. */
function listAnswer(names: readonly string[]): Wire<ListResponse> {
  return {
    models: names.map((name) => ({
      name,
      model: name,
      modified_at: CREATED_AT,
      size: 1,
      digest: '0'.repeat(64),
      details: DETAILS,
      expires_at: CREATED_AT,
      size_vram: 0,
    })),
  }
}

/** The answer of `/api/show`. */
function showAnswer(capabilities: string[], contextTokens: number): Wire<ShowResponse> {
  return {
    license: '',
    modelfile: '',
    parameters: '',
    template: '',
    system: '',
    details: DETAILS,
    messages: [],
    modified_at: CREATED_AT,
    model_info: { 'general.architecture': 'test', 'test.context_length': contextTokens },
    capabilities,
  }
}

/** A whole answer of `/api/chat`. */
function chatAnswer(model: string, reply: CountedReply): Wire<ChatResponse> {
  return {
    model,
    created_at: CREATED_AT,
    message: message(reply),
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

/** The lines of a streamed answer of `/api/chat`. Only the last one has counts, although the client's type requires them. */
function chatLines(model: string, reply: CountedReply): string[] {
  const partial = (part: Partial<CountedReply>) => ({
    model,
    created_at: CREATED_AT,
    message: message(part),
    done: false,
  })
  const { text: _text, thinking: _thinking, calls: _calls, ...end } = reply
  return [
    ...piecesOf(reply.thinking ?? '').map((thinking) => partial({ thinking })),
    ...piecesOf(reply.text).map((text) => partial({ text })),
    ...(reply.calls?.length ? [partial({ calls: reply.calls })] : []),
    chatAnswer(model, { ...end, text: '' }),
  ].map((line) => `${JSON.stringify(line)}\n`)
}

function message({ text = '', thinking, calls = [] }: Partial<CountedReply>): Wire<ChatResponse>['message'] {
  return {
    role: 'assistant',
    content: text,
    ...(thinking !== undefined && { thinking }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ name, arguments: args }) => ({ function: { name, arguments: args } })),
    }),
  }
}
