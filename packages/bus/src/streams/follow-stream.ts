import { randomUUID } from 'node:crypto'
import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { persist } from '../publish/transient.ts'

/**
 * Every message of a stream on one subject, in order and without gaps, from `fromSequence` on and for
 * ever; a restart of the server is only a pause. Ends when aborted, or when the connection is closed.
 */
export async function* followStream(
  bus: Bus,
  source: { stream: string; subject: string; fromSequence: number | 'new' },
  signal?: AbortSignal,
): AsyncGenerator<JsMsg> {
  const { stream, subject, fromSequence } = source
  if (signal?.aborted) return
  const consumer = await persist(bus, `following ${subject}`, signal, () =>
    bus.js.consumers.get(stream, {
      name_prefix: `follow_${randomUUID()}`,
      filter_subjects: subject,
      ...(fromSequence === 'new'
        ? { deliver_policy: DeliverPolicy.New }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: fromSequence }),
    }),
  )
  const messages = await consumer.consume({ max_messages: 500 })
  const stop = () => messages.stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (signal?.aborted) return
    yield* messages
  } finally {
    signal?.removeEventListener('abort', stop)
    await messages.close()
  }
}
