import type { MsgRequest, StoredMsg } from '@nats-io/jetstream'
import { isMessageNotFound } from '@nats-io/jetstream/internal'
import type { Bus } from '../connect/bus.ts'
import { persist } from '../publish/persist.ts'

/**
 * The messages that a stream holds on one subject, which may have wildcards, in order: one request for each, and no
 * consumer. For the toolbox and the coordinator, which look up little, but often: consumers are limited, and creating
 * one takes ten times as long as a request. Others may not send these requests, because only the payload says what is
 * read.
 */
export async function* storedMessages(
  bus: Bus,
  where: { stream: string; subject: string; fromSequence?: number },
  signal?: AbortSignal,
): AsyncGenerator<StoredMsg> {
  for (let seq = where.fromSequence ?? 1; ; ) {
    const message = await persist(bus, `reading ${where.subject}`, signal, () =>
      // The client's type lacks the combination of a sequence and a subject, which the server accepts.
      bus.jsm.streams.getMessage(where.stream, { seq, next_by_subj: where.subject } as { seq: number }),
    )
    if (message === null) return
    yield message
    seq = message.seq + 1
  }
}

/** The first message of {@link storedMessages}. */
export async function firstStored(
  bus: Bus,
  where: { stream: string; subject: string },
  signal?: AbortSignal,
): Promise<StoredMsg | undefined> {
  for await (const message of storedMessages(bus, where, signal)) return message
  return undefined
}

/** One message of a stream: the one with a sequence, or another that the query names. Undefined if there is none. */
export async function getStored(
  bus: Bus,
  stream: string,
  query: MsgRequest,
  signal?: AbortSignal,
): Promise<StoredMsg | undefined> {
  return persist(bus, `reading ${stream}`, signal, async () => {
    try {
      return (await bus.jsm.streams.getMessage(stream, query)) ?? undefined
    } catch (error) {
      if (error instanceof Error && isMessageNotFound(error)) return undefined
      throw error
    }
  })
}
