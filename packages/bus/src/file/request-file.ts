import { setTimeout as sleep } from 'node:timers/promises'
import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import { fromWireError } from '../errors/wire-error.ts'
import {
  decodeFrame,
  encodeFrame,
  type FileKey,
  type FileOp,
  fileReplySchema,
  formatKey,
} from '../protocol/files.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { untilUp } from '../publish/persist.ts'
import { requestReplies } from '../request/request-replies.ts'

/** How long the toolbox may be away before a request fails, milliseconds. It restarts within a second or two. */
export const MAX_TOOLBOX_AWAY_MS = 30_000
/** How long to wait for a reply to one attempt, milliseconds. */
const REPLY_MS = 10_000
/** After a restart, the toolbox reads the whole file again before it makes it visible. */
const FINISH_REPLY_MS = 120_000
/** Codes of errors after which a request is sent again. */
const AWAY: readonly string[] = ['no-responder', 'no-reply', 'busy']

/** Who sends a request about a file. */
export interface FileSender {
  caller: string
  tool?: string
  /** Default {@link MAX_TOOLBOX_AWAY_MS}. */
  maxAwayMs?: number
}

/**
 * Sends the toolbox a request about a file, again if the toolbox or the server is away for a moment: repeating any of
 * these requests changes nothing.
 *
 * @returns the bytes of the reply
 * @throws the toolbox's error; BusError `no-toolbox` if none runs or replies; the signal's reason when aborted
 */
export async function requestFile(
  bus: Bus,
  { caller, tool, maxAwayMs = MAX_TOOLBOX_AWAY_MS }: FileSender,
  request: { op: FileOp; key: FileKey; head: object; bytes?: Uint8Array | undefined },
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { op, key, head, bytes } = request
  const subject = tool === undefined ? SUBJECTS.file(op, caller) : SUBJECTS.fileOfCall(op, caller, tool)
  const payload = encodeFrame({ key: formatKey(key), ...head }, bytes)
  using _ = bus.waits.begin('Waiting for the toolbox, which stores files.')
  const giveUpAt = performance.now() + maxAwayMs
  for (let tries = 0; ; tries++) {
    // A message that is sent while the connection is down is silently lost.
    if (!bus.link.up) await untilUp(bus, signal, 0)
    try {
      return await requestReplies<Uint8Array>(bus, {
        subject,
        payload,
        waitMs: op === 'finish' ? FINISH_REPLY_MS : REPLY_MS,
        ...(signal !== undefined && { signal }),
        read: (message) => ({ result: readReply(subject, message) }),
      })
    } catch (error) {
      signal?.throwIfAborted()
      const isAway = error instanceof BusError && AWAY.includes(error.code)
      if (!isAway || bus.closed.aborted) throw error
      if (performance.now() > giveUpAt) throw away(error, op, maxAwayMs)
      await pause(Math.min(50 * 2 ** tries, 500), signal)
    }
  }
}

/** @throws the signal's reason when aborted */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { ...(signal !== undefined && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

function readReply(subject: string, message: Msg): Uint8Array {
  const { head, bytes } = decodeFrame(message.data)
  const reply = fileReplySchema.safeParse(head)
  if (!reply.success) {
    throw new BusError('bad-reply', `The reply on ${subject} does not follow the protocol.`)
  }
  if (!reply.data.ok) throw fileError(reply.data.error)
  return bytes
}

/** The toolbox's error, as an error of this package if it is one. */
function fileError({ code, message }: { code: string; message: string }): Error {
  if (code === 'bad-artifact' || code === 'store-full' || code === 'busy') return new BusError(code, message)
  return fromWireError({ code, message })
}

const FOUND: Readonly<Record<string, string>> = {
  'no-responder': 'no toolbox',
  busy: 'that it has too many requests of this caller',
}

function away(cause: BusError, op: FileOp, maxAwayMs: number): BusError {
  const seconds = maxAwayMs / 1_000
  return new BusError(
    'no-toolbox',
    `Cannot ${op} a file: expected a reply of the toolbox within ${seconds} s, found ${FOUND[cause.code] ?? 'none'}. "bailiwick status" shows whether it runs, "bailiwick up" starts it.`,
    { cause },
  )
}
