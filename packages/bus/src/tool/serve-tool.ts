import { type ArtifactRef, InputError, type Tool } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import { getArtifact } from '../artifact/get-artifact.ts'
import { putArtifact } from '../artifact/put-artifact.ts'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { INBOX, LARGE_BYTES } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { cancelSchema, TOOL_TIMING, type ToolRequest, toolRequestSchema } from '../protocol/tool-call.ts'
import { publishCore } from '../publish/publish-core.ts'
import { Admission, MESSAGES_PER_SECOND } from '../request/admission.ts'
import { matcher, serve } from '../request/serve.ts'

export interface ServeToolOptions {
  /** Whose bucket takes results over 128 KB. Without it, such a result is an error. */
  writer?: string
  /** Ends all calls under way. */
  signal?: AbortSignal
}

/**
 * Hosts a tool until disposed. Several processes that host the same tool share its calls. The caller is
 * taken from the subject, which the server has checked.
 *
 * @example
 * await using hosted = await serveTool(bus, population)
 */
export async function serveTool(
  bus: Bus,
  tool: Tool,
  options: ServeToolOptions = {},
): Promise<AsyncDisposable> {
  const calls = new Map<string, AbortController>()
  const isCancel = matcher(SUBJECTS.cancel('*'))
  const admission = new Admission(MESSAGES_PER_SECOND)
  const ended = () => {
    for (const controller of calls.values()) controller.abort(options.signal?.reason)
  }
  options.signal?.addEventListener('abort', ended, { once: true })
  const cancels = bus.connection.subscribe(SUBJECTS.cancel('*'), {
    callback: (error, message) => {
      if (error !== null || !isCancel(message.subject)) return
      if (!admission.takes(message.subject)) return
      const cancel = cancelSchema.safeParse(readJson(message))
      if (cancel.success) calls.get(`${lastToken(message.subject)} ${cancel.data.key}`)?.abort(canceled())
    },
  })
  const server = await serve(bus, {
    subject: SUBJECTS.tool(tool.name, '*'),
    queue: 'host',
    schema: toolRequestSchema,
    handle: call,
    encode: String,
  })

  async function call(request: ToolRequest, message: Msg): Promise<string> {
    const caller = lastToken(message.subject)
    // A known user answers in its own inbox; any other reply subject would make this process speak for it.
    if (bus.user !== undefined && !message.reply?.startsWith(`${INBOX}.${caller}.`)) {
      throw new InputError(`a call by ${caller} must be answered in its own inbox`)
    }
    const controller = new AbortController()
    const { signal } = controller
    if (options.signal?.aborted) controller.abort(options.signal.reason)
    const id = `${caller} ${request.key}`
    calls.set(id, controller)
    const say = () => {
      publishCore(bus, message.reply ?? '', '{"working":true}')
      sign = setTimeout(say, TOOL_TIMING.workingEvery)
    }
    // Soon: a caller who has heard nothing waits much longer for a host that has died.
    let sign = setTimeout(say, TOOL_TIMING.firstSign)
    try {
      const { key, run, task, inputArtifact } = request
      const input = inputArtifact === undefined ? request.input : await readInput(bus, inputArtifact)
      const value = await tool.run(input, { id: request.id, key, caller, run, task, signal })
      if (value === undefined) return '{"ok":true}'
      const text = JSON.stringify(value)
      if (text.length * 3 <= LARGE_BYTES || Buffer.byteLength(text) <= LARGE_BYTES)
        return `{"ok":true,"value":${text}}`
      return await encodeLarge(bus, tool.name, text, request, options.writer)
    } finally {
      clearTimeout(sign)
      calls.delete(id)
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      if (!cancels.isClosed()) cancels.unsubscribe()
      options.signal?.removeEventListener('abort', ended)
    },
  }
}

async function readInput(bus: Bus, reference: ArtifactRef): Promise<unknown> {
  return JSON.parse(Buffer.from(await getArtifact(bus, reference)).toString('utf8'))
}

/** The text of an answer that says where the result is. */
async function encodeLarge(
  bus: Bus,
  name: string,
  text: string,
  request: ToolRequest,
  writer: string | undefined,
): Promise<string> {
  if (writer === undefined) {
    throw new BusError(
      'too-large',
      `${name} gave ${text.length} characters of JSON: its host keeps no large results`,
    )
  }
  const artifact = await putArtifact(bus, {
    writer,
    key: `results/${request.run}/${request.key}`,
    name: `${name}.json`,
    mediaType: 'application/json',
    bytes: Buffer.from(text),
  })
  return JSON.stringify({ ok: true, artifact })
}

/** The caller: a subject that is served ends with it. */
function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

function canceled(): DOMException {
  return new DOMException('the caller took the call back', 'AbortError')
}

function readJson(message: Msg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
