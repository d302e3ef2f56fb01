import type { Bus } from '../connect/bus.ts'
import { type CloudEvent, eventSubject } from '../protocol/cloud-event.ts'
import { publishDurably } from '../publish/publish-durably.ts'

/** Publishes an event. The server stores a repeated message id once. Only the coordinator does this. */
export async function publishEvent(
  bus: Bus,
  event: CloudEvent,
  msgId: string = event.id,
  signal?: AbortSignal,
): Promise<void> {
  await publishDurably(bus, eventSubject(event), JSON.stringify(event), {
    msgID: msgId,
    ...(signal !== undefined && { signal }),
  })
}
