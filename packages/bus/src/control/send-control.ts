import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { answerSchema } from '../protocol/answer.ts'
import {
  type ControlAnswer,
  type ControlOp,
  type ControlRequest,
  controlAnswerSchema,
} from '../protocol/control-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { converse } from '../request/converse.ts'

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
): Promise<ControlAnswer[]> {
  const { hosts, waitMs = 1_000, signal } = options
  const until = Date.now() + waitMs
  const answers: ControlAnswer[] = []
  try {
    return await converse<ControlAnswer[]>(bus, {
      subject: SUBJECTS.control(agent, op),
      payload: JSON.stringify(payload),
      waitMs,
      ...(signal !== undefined && { signal }),
      read(message) {
        const envelope = answerSchema.safeParse(message.json())
        const answer = controlAnswerSchema.safeParse(
          envelope.data !== undefined && 'value' in envelope.data ? envelope.data.value : undefined,
        )
        if (answer.success) answers.push(answer.data)
        const enough = hosts === undefined ? answers.some(({ done }) => done) : answers.length >= hosts
        return enough ? { result: answers } : { again: Math.max(1, until - Date.now()) }
      },
    })
  } catch (error) {
    if (error instanceof BusError && (error.code === 'no-responder' || error.code === 'no-answer'))
      return answers
    throw error
  }
}
