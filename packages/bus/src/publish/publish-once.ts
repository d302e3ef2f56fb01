import { JetStreamApiError, type JetStreamPublishOptions, type PubAck } from '@nats-io/jetstream'
import { type Msg, headers as makeHeaders } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { LostReply } from './is-transient.ts'

/** The server's code for a publish that expects another last sequence: somebody else has published. */
export const WRONG_LAST_SEQUENCE = 10071

/** Options of {@link publishOnce}. */
export interface PublishOnceOptions extends Pick<Partial<JetStreamPublishOptions>, 'msgID' | 'headers'> {
  /** The sequence that the subject's last message must have; 0 if the subject must have no message. */
  expect?: { lastSubjectSequence: number }
  /** How long to wait for the acknowledgement, milliseconds. */
  timeoutMs: number
}

/**
 * Publishes into a stream and waits for the server's acknowledgement. The client's own `publish` creates an error with
 * a stack trace, two promises and a timer per message, needed or not. That is half of what a message costs this
 * process.
 *
 * @throws JetStreamApiError if the server refuses the message; PermissionViolationError; LostReply after the timeout;
 * BusError `bus-unprepared` if no stream has the subject
 */
export function publishOnce(
  { outbox, replies }: Pick<Bus, 'outbox' | 'replies'>,
  subject: string,
  payload: string | Uint8Array,
  options: PublishOnceOptions,
): Promise<PubAck> {
  return new Promise<PubAck>((resolve, reject) => {
    const fail = (error: unknown) => {
      end()
      reject(error)
    }
    const reply = replies.open({
      subject,
      reply(message) {
        end()
        try {
          resolve(readAck(subject, message))
        } catch (error) {
          reject(error)
        }
      },
      forbidden: fail,
    })
    const { timeoutMs } = options
    const timer = setTimeout(
      () => fail(new LostReply(`no acknowledgement within ${timeoutMs} ms`)),
      timeoutMs,
    )
    const end = () => {
      clearTimeout(timer)
      reply.close()
    }
    try {
      outbox.publish(subject, payload, { headers: headersOf(options), reply: reply.subject }, fail)
    } catch (error) {
      fail(error)
    }
  })
}

function headersOf({ msgID, expect, headers = makeHeaders() }: PublishOnceOptions) {
  if (msgID !== undefined) headers.set('Nats-Msg-Id', msgID)
  const last = expect?.lastSubjectSequence
  if (last !== undefined) headers.set('Nats-Expected-Last-Subject-Sequence', String(last))
  return headers
}

function readAck(subject: string, message: Msg): PubAck {
  if (message.data.length === 0 && message.headers?.code === 503) {
    throw new BusError(
      'bus-unprepared',
      `No stream has the subject ${subject}. The coordinator creates the streams when it starts (\`bailiwick up\`); a server without JetStream has none.`,
    )
  }
  const ack = message.json<PubAck | { error: ConstructorParameters<typeof JetStreamApiError>[0] }>()
  if ('error' in ack) throw new JetStreamApiError(ack.error)
  return ack
}
