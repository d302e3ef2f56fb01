import { InputError, type Tool } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import { getArtifact } from '../artifact/get-artifact.ts'
import { putArtifact } from '../artifact/put-artifact.ts'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { INBOX, LARGE_BYTES } from '../protocol/places.ts'
import { parseToolSubject, SUBJECTS } from '../protocol/subjects.ts'
import { cancelSchema, TOOL_TIMING, type ToolRequest, toolRequestSchema } from '../protocol/tool-call.ts'
import { publishCore } from '../publish/publish-core.ts'
import { matches, serve } from '../request/serve.ts'

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
  const cancels = bus.connection.subscribe(SUBJECTS.cancel('*'), {
    callback: (error, message) => {
      if (error !== null || !matches(SUBJECTS.cancel('*'), message.subject)) return
      const cancel = cancelSchema.safeParse(readJson(message))
      const caller = message.subject.split('.').at(-1)
      if (cancel.success) calls.get(`${caller} ${cancel.data.key}`)?.abort(canceled())
    },
  })
  const server = await serve(bus, {
    subject: SUBJECTS.tool(tool.name, '*'),
    queue: 'host',
    schema: toolRequestSchema,
    handle: call,
    wrap: (result) => result,
  })

  async function call(request: ToolRequest, message: Msg): Promise<unknown> {
    const caller = parseToolSubject(message.subject)?.caller
    if (caller === undefined) throw new InputError(`${message.subject} names no caller`)
    // A known user answers in its own inbox; any other reply subject would make this process speak for it.
    if (bus.user !== undefined && !message.reply?.startsWith(`${INBOX}.${caller}.`)) {
      throw new InputError(`a call by ${caller} must be answered in its own inbox`)
    }
    const controller = new AbortController()
    const signal =
      options.signal === undefined ? controller.signal : AbortSignal.any([options.signal, controller.signal])
    const id = `${caller} ${request.key}`
    calls.set(id, controller)
    const say = () => {
      publishCore(bus, message.reply ?? '', '{"working":true}')
      sign = setTimeout(say, TOOL_TIMING.workingEvery)
    }
    // Soon: a caller who has heard nothing waits much longer for a host that has died.
    let sign = setTimeout(say, TOOL_TIMING.firstSign)
    try {
      const { key, run, task } = request
      const input = await inputOf(bus, request)
      const value = await tool.run(input, { id: request.id, key, caller, run, task, signal })
      return await pack(bus, tool.name, value, request, options.writer)
    } finally {
      clearTimeout(sign)
      calls.delete(id)
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      if (!cancels.isClosed()) cancels.unsubscribe()
    },
  }
}

async function inputOf(bus: Bus, request: ToolRequest): Promise<unknown> {
  if (request.inputArtifact === undefined) return request.input
  return JSON.parse(Buffer.from(await getArtifact(bus, request.inputArtifact)).toString('utf8'))
}

async function pack(
  bus: Bus,
  name: string,
  value: unknown,
  request: ToolRequest,
  writer: string | undefined,
): Promise<unknown> {
  const text = JSON.stringify(value)
  if (text === undefined || Buffer.byteLength(text) <= LARGE_BYTES) return { ok: true, value }
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
  return { ok: true, artifact }
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
