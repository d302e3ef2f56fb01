import { type CallContext, type Tool, type ToolCard, toolCard } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import { getArtifact } from '../artifact/get-artifact.ts'
import { putArtifact } from '../artifact/put-artifact.ts'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import { LARGE_BYTES } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { TOOL_TIMING, type ToolReply, type ToolRequest, toolReplySchema } from '../protocol/tool-call.ts'
import { publishCore } from '../publish/publish-core.ts'
import { converse } from '../request/exchange.ts'
import { persistCall } from './persist-call.ts'

/**
 * A tool that another process hosts. Its `run` sends the call and waits for the answer; aborting it also
 * tells the host. Large inputs and results go through the object store unseen.
 *
 * @throws (from `run`) the tool's error, with its code; BusError `no-responder` when nobody hosts the
 * tool, `no-reply` when its host fell silent: then whether it was done is not known. Before either, hosts
 * and server get a moment to come back.
 */
export function remoteTool(bus: Bus, card: ToolCard, caller: string): Tool {
  return {
    ...toolCard(card),
    async run(input, context) {
      const { signal } = context
      const payload = await request(bus, caller, input, context)
      const answer = await persistCall(bus, card.effect, signal, () =>
        send(bus, { card, caller, payload, signal }),
      )
      if ('working' in answer) throw new BusError('bad-reply', `${card.name} ended its answer with "working"`)
      if (!answer.ok) throw fromWireError(answer.error)
      if (answer.artifact === undefined) return answer.value
      return JSON.parse(Buffer.from(await getArtifact(bus, answer.artifact, context.signal)).toString('utf8'))
    },
  }
}

async function request(bus: Bus, caller: string, input: unknown, context: CallContext): Promise<string> {
  const { id, key, run, task } = context
  const inline: ToolRequest = { id, key, run, task, input: input ?? {} }
  const text = JSON.stringify(inline)
  if (text.length * 3 <= LARGE_BYTES || Buffer.byteLength(text) <= LARGE_BYTES) return text
  const inputArtifact = await putArtifact(bus, {
    writer: caller,
    key: `inputs/${run}/${key}`,
    name: 'input.json',
    mediaType: 'application/json',
    bytes: Buffer.from(JSON.stringify(input)),
  })
  const large: ToolRequest = { id, key, run, task, inputArtifact }
  return JSON.stringify(large)
}

interface ToolSending {
  card: ToolCard
  caller: string
  payload: string
  signal: AbortSignal
}

async function send(bus: Bus, { card, caller, payload, signal }: ToolSending): Promise<ToolReply> {
  const { name, effect, signs } = card
  try {
    return await converse<ToolReply>(bus, {
      subject: SUBJECTS.tool(name, caller),
      payload,
      waitMs: signs ? TOOL_TIMING.silenceAfterSign : TOOL_TIMING.silence,
      // Anything else is sent again at once.
      ...(effect === 'once' && { waitOnMs: TOOL_TIMING.silenceAfterSign }),
      signal,
      read(message) {
        const answer = parseAnswer(name, message)
        return 'working' in answer ? { again: TOOL_TIMING.silenceAfterSign } : { result: answer }
      },
    })
  } catch (error) {
    if (signal.aborted) {
      const { key } = JSON.parse(payload) as ToolRequest
      publishCore(bus, SUBJECTS.cancel(caller), JSON.stringify({ key }))
    }
    if (error instanceof BusError && error.code === 'no-responder') {
      throw new BusError('no-responder', `no process hosts the tool ${name} now`, { cause: error })
    }
    throw error
  }
}

function parseAnswer(name: string, message: Msg): ToolReply {
  const parsed = toolReplySchema.safeParse(message.json())
  if (parsed.success) return parsed.data
  throw new BusError(
    'bad-reply',
    `the host of ${name} answered what is not in the protocol: ${message.string().slice(0, 200)}`,
  )
}
