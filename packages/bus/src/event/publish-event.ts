import type { Bus } from '../connect/bus.ts'
import { type CloudEvent, eventSubject } from '../protocol/cloud-event.ts'
import { publishDurably } from '../publish/publish-durably.ts'

/** Publishes an event; one with the same message id as a recent one is stored once. For the coordinator. */
export async function publishEvent(
  bus: Bus,
  event: CloudEvent,
  msgId: string = event.id,
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? { msgID: msgId } : { msgID: msgId, signal }
  await publishDurably(bus, eventSubject(event), JSON.stringify(event), options)
}
