import { parseJson } from '@bailiwick/contract'
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
import { requestReplies } from '../request/request-replies.ts'

/** Options of {@link sendControl}. */
export interface SendControlOptions {
  /** Stop after replies of this many hosts. Default: stop after the first host that has done it. */
  hosts?: number
  /** How long to wait for replies, milliseconds. Default 1,000. */
  waitMs?: number
  signal?: AbortSignal
}

/**
 * Sends a request to all hosts of an agent.
 *
 * @returns the replies within the wait; empty if no host runs, which is no error, because then there is nothing to stop
 */
export async function sendControl<O extends ControlOp>(
  bus: Bus,
  agent: string,
  op: O,
  payload: ControlRequest<O>,
  options: SendControlOptions = {},
): Promise<ControlReply[]> {
  const { hosts, waitMs = 1_000, signal } = options
  const until = performance.now() + waitMs
  const replies: ControlReply[] = []
  try {
    return await requestReplies<ControlReply[]>(bus, {
      subject: SUBJECTS.control(agent, op),
      payload: JSON.stringify(payload),
      waitMs,
      ...(signal !== undefined && { signal }),
      read(message) {
        const envelope = replySchema.safeParse(parseJson(message.string())).data
        const value = envelope !== undefined && 'value' in envelope ? envelope.value : undefined
        const reply = controlReplySchema.safeParse(value)
        if (reply.success) replies.push(reply.data)
        const enough = hosts === undefined ? replies.some(({ done }) => done) : replies.length >= hosts
        return enough ? { result: replies } : { again: Math.max(1, until - performance.now()) }
      },
    })
  } catch (error) {
    if (error instanceof BusError && (error.code === 'no-responder' || error.code === 'no-reply')) {
      return replies
    }
    throw error
  }
}
