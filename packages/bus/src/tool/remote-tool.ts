import {
  type ArtifactRef,
  type CallContext,
  DEFAULT_SANDBOX_LIMITS,
  EncodedText,
  isPlainText,
  parseJson,
  type Tool,
  type ToolCard,
  toolCard,
} from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import { getArtifact } from '../file/get-artifact.ts'
import { putFile } from '../file/put-artifact.ts'
import { LARGE_BYTES } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import {
  TOOL_TIMING,
  type ToolReply,
  type ToolRequest,
  type ToolTiming,
  toolReplySchema,
} from '../protocol/tool-call.ts'
import { publishCore } from '../publish/publish-core.ts'
import { requestReplies } from '../request/request-replies.ts'
import { persistCall } from './persist-call.ts'

/**
 * How a result that is too large for a message arrives. `values`: decoded. `texts`, for code in a sandbox: as
 * `EncodedText`, or beyond a million bytes as the name of its file, which the toolbox's tools can read.
 */
export type LongResults = 'values' | 'texts'

/**
 * A tool that another process hosts. Its `run` sends the call and waits for the reply; aborting also cancels the call
 * at the host. Large inputs and results are stored as files.
 *
 * @throws (from `run`) the tool's error with its code; BusError `no-responder` if no process hosts the tool, `no-reply`
 * if its host stopped replying, so the call may have been carried out. Before that, hosts and server get time to
 * reconnect.
 */
export function remoteTool(
  bus: Bus,
  card: ToolCard,
  caller: string,
  timing: ToolTiming = TOOL_TIMING,
  longResults: LongResults = 'values',
): Tool {
  return {
    ...toolCard(card),
    async run(input, context) {
      const { signal } = context
      const payload = await request(bus, { tool: card.name, caller, input, context })
      const reply = await persistCall(bus, { tool: card.name, effect: card.effect, signal, timing }, () =>
        send(bus, { card, caller, payload, signal, timing }),
      )
      if ('working' in reply) {
        throw new BusError('bad-reply', `Expected a result from the host of ${card.name}, found "working".`)
      }
      if (!reply.ok) throw fromWireError(reply.error)
      if (reply.artifact === undefined) return reply.value
      const as = { agent: caller, task: context.task }
      const { size } = reply.artifact
      if (longResults === 'texts' && size > DEFAULT_SANDBOX_LIMITS.resultChars)
        return storedResult(reply.artifact)
      const json = Buffer.from(await getArtifact(bus, reply.artifact, { as, signal })).toString('utf8')
      return longResults === 'texts' ? textOf(json) : JSON.parse(json)
    },
  }
}

/** A long result as text, because code in a sandbox is the first to need its value, and parsing it here would take long. */
function textOf(json: string): unknown {
  const isEncoded = isPlainText(json) && !/[\n\r\t]/.test(json)
  return isEncoded ? new EncodedText(json) : JSON.parse(json)
}

/** What a call returns in place of a result that is too long to return. */
function storedResult({ name, mediaType, size }: ArtifactRef): object {
  const message = `The result is too long to return, so it is in the file ${name}. Read parts of it with readFile({ name, from, length }), or query it with queryTable.`
  return { file: { name, mediaType, size }, message }
}

async function request(
  bus: Bus,
  call: { tool: string; caller: string; input: unknown; context: CallContext },
): Promise<string> {
  const { tool, caller, input, context } = call
  const { id, key, run, task, signal } = context
  const inline: ToolRequest = { id, key, run, task, input: input ?? {} }
  const text = JSON.stringify(inline)
  if (text.length * 3 <= LARGE_BYTES || Buffer.byteLength(text) <= LARGE_BYTES) return text
  const file = {
    name: 'input.json',
    mediaType: 'application/json',
    bytes: Buffer.from(JSON.stringify(input)),
  }
  const place = { kind: 'call', scope: run, owner: tool } as const
  const inputArtifact = await putFile(bus, place, file, { as: { agent: caller, task }, signal })
  const large: ToolRequest = { id, key, run, task, inputArtifact }
  return JSON.stringify(large)
}

interface ToolSending {
  card: ToolCard
  caller: string
  payload: string
  signal: AbortSignal
  timing: ToolTiming
}

async function send(bus: Bus, { card, caller, payload, signal, timing }: ToolSending): Promise<ToolReply> {
  const { name, effect, signs } = card
  try {
    return await requestReplies<ToolReply>(bus, {
      subject: SUBJECTS.tool(name, caller),
      payload,
      waitMs: signs ? timing.silenceAfterSignMs : timing.silenceMs,
      // Calls with other effects are sent again at once.
      ...(effect === 'once' && { waitOnMs: timing.silenceAfterSignMs }),
      signal,
      read(message) {
        const reply = parseReply(name, message)
        return 'working' in reply ? { again: timing.silenceAfterSignMs } : { result: reply }
      },
    })
  } catch (error) {
    if (signal.aborted) {
      const { key } = JSON.parse(payload) as ToolRequest
      publishCore(bus, SUBJECTS.cancel(caller), JSON.stringify({ key }))
    }
    if (error instanceof BusError && error.code === 'no-responder') {
      throw new BusError('no-responder', `No process hosts the tool ${name} now.`, { cause: error })
    }
    throw error
  }
}

function parseReply(name: string, message: Msg): ToolReply {
  const parsed = toolReplySchema.safeParse(parseJson(message.string()))
  if (parsed.success) return parsed.data
  throw new BusError(
    'bad-reply',
    `The reply of the host of ${name} does not follow the protocol: ${message.string().slice(0, 200)}`,
  )
}
