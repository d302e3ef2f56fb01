import { type ArtifactRef, InputError, parseJson, type Tool } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import type { FileCaller } from '../file/file-access.ts'
import { getArtifact } from '../file/get-artifact.ts'
import { putFile } from '../file/put-artifact.ts'
import { parseKey } from '../protocol/files.ts'
import { INBOX, LARGE_BYTES } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { cancelSchema, TOOL_TIMING, type ToolRequest, toolRequestSchema } from '../protocol/tool-call.ts'
import { publishCore } from '../publish/publish-core.ts'
import { RateLimit } from '../request/rate-limit.ts'
import { matcher, serve } from '../request/serve.ts'
import { MESSAGES_PER_SECOND } from '../request/subscribe-limited.ts'

/** Options of {@link serveTool}. */
export interface ServeToolOptions {
  /** The name of this process in requests for files. Default: the connection's user. */
  host?: string
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
  const host = options.host ?? bus.user ?? tool.name
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
      const as = { host, tool: tool.name, agent: caller, task }
      const input = inputArtifact === undefined ? request.input : await readInput(bus, inputArtifact, as)
      const value = await tool.run(input, { id: request.id, key, caller, run, task, signal })
      if (value === undefined) return '{"ok":true}'
      const text = JSON.stringify(value)
      if (text.length * 3 <= LARGE_BYTES || Buffer.byteLength(text) <= LARGE_BYTES)
        return `{"ok":true,"value":${text}}`
      return await encodeLarge(bus, text, request, as)
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

type CallFileCaller = Extract<FileCaller, { tool: string }>

async function readInput(bus: Bus, reference: ArtifactRef, as: CallFileCaller): Promise<unknown> {
  // The toolbox may read every file, so the caller must not choose which one.
  if (parseKey(reference.key)?.kind !== 'call') {
    throw new InputError(`Expected an argument of a call of ${as.tool}, found the file ${reference.key}.`)
  }
  return JSON.parse(Buffer.from(await getArtifact(bus, reference, { as })).toString('utf8'))
}

/** The text of a reply that says where the result is stored. */
async function encodeLarge(
  bus: Bus,
  text: string,
  { id, run, task }: ToolRequest,
  as: CallFileCaller,
): Promise<string> {
  const { tool } = as
  const file = { name: `${tool}-${id}.json`, mediaType: 'application/json', bytes: Buffer.from(text), task }
  const artifact = await putFile(bus, { kind: 'call', scope: run, owner: tool }, file, { as })
  return JSON.stringify({ ok: true, artifact })
}

/** The caller: the last token of a served subject. */
function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

function canceled(): DOMException {
  return new DOMException('The caller canceled the call.', 'AbortError')
}
