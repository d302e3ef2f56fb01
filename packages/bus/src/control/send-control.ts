import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import {
  type ControlOp,
  type ControlReply,
  type ControlRequest,
  controlReplySchema,
} from '../protocol/control-ops.ts'
import { replySchema } from '../protocol/reply.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { converse } from '../request/exchange.ts'

export interface SendControlOptions {
  /** How many hosts to hear from at most. Default: until one says that it is done. */
  hosts?: number
  /** Milliseconds to wait. Default 1,000. */
  waitMs?: number
  signal?: AbortSignal
}

/**
 * Tells all hosts of an agent, and returns what they answered within the wait. Empty when none runs;
 * that is no error, because what is not running need not be stopped.
 */
export async function sendControl<O extends ControlOp>(
  bus: Bus,
  agent: string,
  op: O,
  payload: ControlRequest<O>,
  options: SendControlOptions = {},
): Promise<ControlReply[]> {
  const { hosts, waitMs = 1_000, signal } = options
  const until = Date.now() + waitMs
  const replies: ControlReply[] = []
  try {
    return await converse<ControlReply[]>(bus, {
      subject: SUBJECTS.control(agent, op),
      payload: JSON.stringify(payload),
      waitMs,
      ...(signal !== undefined && { signal }),
      read(message) {
        const envelope = replySchema.safeParse(message.json())
        const reply = controlReplySchema.safeParse(
          envelope.data !== undefined && 'value' in envelope.data ? envelope.data.value : undefined,
        )
        if (reply.success) replies.push(reply.data)
        const enough = hosts === undefined ? replies.some(({ done }) => done) : replies.length >= hosts
        return enough ? { result: replies } : { again: Math.max(1, until - Date.now()) }
      },
    })
  } catch (error) {
    if (error instanceof BusError && (error.code === 'no-responder' || error.code === 'no-reply'))
      return replies
    throw error
  }
}
