import { type ArtifactRef, InputError, parseJson, type Tool } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import { getArtifact } from '../artifact/get-artifact.ts'
import { putArtifact } from '../artifact/put-artifact.ts'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { INBOX, LARGE_BYTES } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { cancelSchema, TOOL_TIMING, type ToolRequest, toolRequestSchema } from '../protocol/tool-call.ts'
import { publishCore } from '../publish/publish-core.ts'
import { MESSAGES_PER_SECOND, RateLimit } from '../request/rate-limit.ts'
import { matcher, serve } from '../request/serve.ts'

/** Options of {@link serveTool}. */
export interface ServeToolOptions {
  /** The writer whose bucket stores results over 128 KB. Without it, such a result is an error. */
  writer?: string
  /** Aborts all calls in progress. */
  signal?: AbortSignal
}

/**
 * Hosts a tool until disposed. Several processes that host the same tool share its calls. The caller comes from the
 * subject, which the server has checked.
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
  const rateLimit = new RateLimit(MESSAGES_PER_SECOND)
  const ended = () => {
    for (const controller of calls.values()) controller.abort(options.signal?.reason)
  }
  options.signal?.addEventListener('abort', ended, { once: true })
  const cancels = bus.connection.subscribe(SUBJECTS.cancel('*'), {
    callback: (error, message) => {
      if (error !== null || !isCancel(message.subject)) return
      if (!rateLimit.accept(message.subject)) return
      const cancel = cancelSchema.safeParse(parseJson(message.string()))
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
    // Publish only to the caller's own inbox: a reply elsewhere would use this process's permissions for the caller.
    if (bus.user !== undefined && !message.reply?.startsWith(`${INBOX}.${caller}.`)) {
      throw new InputError(`Expected a reply subject in the inbox of ${caller}, found ${message.reply}.`)
    }
    const controller = new AbortController()
    const { signal } = controller
    if (options.signal?.aborted) controller.abort(options.signal.reason)
    const id = `${caller} ${request.key}`
    calls.set(id, controller)
    const sendSign = () => {
      publishCore(bus, message.reply ?? '', '{"working":true}')
      sign = setTimeout(sendSign, TOOL_TIMING.signEveryMs)
    }
    // The first one soon: a caller that got no sign waits much longer for a dead host.
    let sign = setTimeout(sendSign, TOOL_TIMING.firstSignMs)
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

/** The text of a reply that says where the result is stored. */
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
      `The result of ${name} has ${text.length} characters of JSON, but its host stores no large results.`,
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

/** The caller: the last token of a served subject. */
function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

function canceled(): DOMException {
  return new DOMException('The caller canceled the call.', 'AbortError')
}
