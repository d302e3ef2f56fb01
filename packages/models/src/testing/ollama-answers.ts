import type { ChatResponse, ListResponse, ShowResponse } from 'ollama'
import { type CountedReply, piecesOf } from './served-reply.ts'

/** A type of the client as it stands in JSON: dates are texts and maps are objects, which the client leaves so. */
type Wire<T> = T extends Date
  ? string
  : T extends Map<string, unknown>
    ? Record<string, unknown>
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T

const SOME_DAY = '2026-01-01T00:00:00Z'
const DETAILS = {
  parent_model: '',
  format: 'gguf',
  family: 'test',
  families: ['test'],
  parameter_size: '1B',
  quantization_level: 'Q4_K_M',
}

/** `/api/tags`. */
export function listAnswer(names: readonly string[]): Wire<ListResponse> {
  return {
    models: names.map((name) => ({
      name,
      model: name,
      modified_at: SOME_DAY,
      size: 1,
      digest: '0'.repeat(64),
      details: DETAILS,
      expires_at: SOME_DAY,
      size_vram: 0,
    })),
  }
}

/** `/api/show`. */
export function showAnswer(capabilities: string[], contextTokens: number): Wire<ShowResponse> {
  return {
    license: '',
    modelfile: '',
    parameters: '',
    template: '',
    system: '',
    details: DETAILS,
    messages: [],
    modified_at: SOME_DAY,
    model_info: { 'general.architecture': 'test', 'test.context_length': contextTokens },
    capabilities,
  }
}

/** `/api/chat`, whole. */
export function chatAnswer(model: string, reply: CountedReply): Wire<ChatResponse> {
  return {
    model,
    created_at: SOME_DAY,
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

/** `/api/chat` as a stream, line by line. Only the last has the counts, whatever the client's type says. */
export function chatLines(model: string, reply: CountedReply): string[] {
  const begun = (part: Partial<CountedReply>) => ({
    model,
    created_at: SOME_DAY,
    message: message(part),
    done: false,
  })
  const { text: _text, thinking: _thinking, calls: _calls, ...end } = reply
  return [
    ...piecesOf(reply.thinking ?? '').map((thinking) => begun({ thinking })),
    ...piecesOf(reply.text).map((text) => begun({ text })),
    ...(reply.calls?.length ? [begun({ calls: reply.calls })] : []),
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
