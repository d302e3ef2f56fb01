import { AsyncQueue, parseJson } from '@bailiwick/contract'
import type { StreamConfig, StreamState } from '@nats-io/jetstream'
import { createInbox, type Msg } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { inboxPrefix } from '../protocol/places.ts'

/** Bytes of a part of a snapshot. The server waits for acknowledgements, so a slow disk does not fill its memory. */
const PART_BYTES = 128 * 1024
/** How long the server may take for the next part of a snapshot, or for storing one. Milliseconds. */
const PART_WAIT_MS = 60_000
/** Status of the message that ends a snapshot. */
const END_OF_SNAPSHOT = 204

/** A stream as of one moment. Its parts are in the server's own format. */
export interface StreamSnapshot {
  config: StreamConfig
  state: StreamState
  /** Read all of them, or none. */
  parts: AsyncIterable<Uint8Array>
}

const snapshotReplySchema = z.lazy(() =>
  z.object({ config: z.custom<StreamConfig>(isObject), state: z.custom<StreamState>(isObject) }),
)
const restoreReplySchema = z.lazy(() => z.object({ deliver_subject: z.string() }))
const errorReplySchema = z.lazy(() =>
  z.object({ error: z.object({ description: z.string(), err_code: z.number().optional() }) }),
)

/**
 * Takes a snapshot of a stream while others write to it, without its consumers. Only the coordinator does this.
 *
 * Protocol: `$JS.API.STREAM.SNAPSHOT` of nats-server.
 *
 * @returns undefined if there is no such stream
 * @throws BusError `snapshot` if the server cannot read the stream
 */
export async function snapshotStream(
  bus: Bus,
  stream: string,
  signal?: AbortSignal,
): Promise<StreamSnapshot | undefined> {
  const inbox = createInbox(inboxPrefix(bus.user ?? 'coordinator'))
  const messages = new AsyncQueue<Msg>(signal)
  const subscription = bus.connection.subscribe(inbox, {
    callback: (error, message) => (error === null ? messages.push(message) : messages.fail(error)),
  })
  try {
    const reply = await ask(bus, `$JS.API.STREAM.SNAPSHOT.${stream}`, {
      deliver_subject: inbox,
      no_consumers: true,
      chunk_size: PART_BYTES,
    })
    const { config, state } = snapshotReplySchema.parse(reply)
    return { config, state, parts: readParts(bus, stream, messages, () => subscription.unsubscribe()) }
  } catch (error) {
    subscription.unsubscribe()
    if (BusError.isInstance(error) && /stream not found/.test(error.message)) return undefined
    throw error
  }
}

async function* readParts(
  bus: Bus,
  stream: string,
  messages: AsyncQueue<Msg>,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(
      () => messages.fail(failed(stream, 'the server sent nothing for a minute')),
      PART_WAIT_MS,
    )
  }
  const removeListener = bus.link.onDisconnect(() => messages.fail(failed(stream, 'the connection broke')))
  try {
    wait()
    for await (const message of messages) {
      wait()
      if (message.data.length === 0) {
        const code = message.headers?.code ?? END_OF_SNAPSHOT
        if (code !== END_OF_SNAPSHOT) throw failed(stream, `${code} ${message.headers?.description ?? ''}`)
        return
      }
      yield message.data
      message.respond()
    }
    throw failed(stream, 'it was interrupted')
  } finally {
    clearTimeout(timer)
    removeListener()
    close()
  }
}

/**
 * Creates a stream from a snapshot. Only the coordinator does this.
 *
 * Protocol: `$JS.API.STREAM.RESTORE` of nats-server.
 *
 * @throws BusError `snapshot` if the stream exists, or the server does not accept the snapshot
 */
export async function restoreStream(bus: Bus, { config, state, parts }: StreamSnapshot): Promise<void> {
  const reply = await ask(bus, `$JS.API.STREAM.RESTORE.${config.name}`, { config, state })
  const { deliver_subject } = restoreReplySchema.parse(reply)
  for await (const part of parts) await ask(bus, deliver_subject, part)
  await ask(bus, deliver_subject, new Uint8Array())
}

/** @returns the reply; undefined if it is empty, which acknowledges a part */
async function ask(bus: Bus, subject: string, payload: object): Promise<unknown> {
  const body = payload instanceof Uint8Array ? payload : JSON.stringify(payload)
  const message = await bus.connection.request(subject, body, { timeout: PART_WAIT_MS })
  if (message.data.length === 0) return undefined
  const reply = parseJson(message.string())
  const refused = errorReplySchema.safeParse(reply)
  if (refused.success) throw failed(subject.split('.').at(-1) ?? '', refused.data.error.description)
  return reply
}

function failed(stream: string, reason: string): BusError {
  return new BusError('snapshot', `The snapshot of stream ${stream} failed: ${reason}.`)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
