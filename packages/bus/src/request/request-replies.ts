import { onAbort } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'

/** Options of {@link requestReplies}. */
export interface RequestRepliesOptions<T> {
  subject: string
  payload: string | Uint8Array
  /** Reads one reply. Returns a result, or how many milliseconds to wait for the next reply. Throwing ends the request. */
  read(message: Msg): { result: T } | { again: number }
  /** How long to wait for the first reply, milliseconds. */
  waitMs: number
  /**
   * For requests that must not be sent twice: a break of the connection does not end the request, and this is how
   * long to wait for a reply after the reconnect, milliseconds. Absent: the request fails when the connection breaks.
   */
  waitOnMs?: number
  signal?: AbortSignal
}

/**
 * Sends one request and reads replies until one is the result.
 *
 * @throws BusError `no-responder` if no process listens, `bus-forbidden` if the server forbids the request, `bus-auth`
 * if the server no longer accepts the credentials, `no-reply` after the wait or if the connection breaks; the signal's
 * reason when aborted
 */
export function requestReplies<T>(bus: Bus, options: RequestRepliesOptions<T>): Promise<T> {
  const { subject, payload, read, waitMs, waitOnMs, signal } = options
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise<T>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const end = bus.exchanges.begin()
    const inbox = bus.replies.open({
      subject,
      reply(message) {
        try {
          if (message.data.length === 0 && message.headers?.code === 503) throw noResponder(subject)
          const reply = read(message)
          if ('again' in reply) waitFor(reply.again)
          else finish(() => resolve(reply.result))
        } catch (error) {
          finish(() => reject(error))
        }
      },
      forbidden: (error) => finish(() => reject(forbidden(subject, error))),
      disconnected() {
        if (waitOnMs === undefined) finish(() => reject(noReply(subject, 'the connection broke')))
        else waitFor(waitMs)
      },
      // Replies of the meantime are lost. A process that still works on the request sends another one.
      reconnected: () => waitFor(waitOnMs ?? waitMs),
      authFailed: (error) => finish(() => reject(error)),
    })
    const removeListener = signal && onAbort(signal, () => finish(() => reject(signal.reason)))

    function waitFor(ms: number): void {
      clearTimeout(timer)
      timer = setTimeout(() => finish(() => reject(noReply(subject, `timed out after ${ms / 1000} s`))), ms)
    }
    function finish(settle: () => void): void {
      clearTimeout(timer)
      inbox.close()
      removeListener?.()
      end()
      settle()
    }

    waitFor(waitMs)
    const unsent = (error: unknown) => finish(() => reject(notSent(subject, error)))
    try {
      bus.link.throwIfAuthFailed()
      bus.outbox.publish(subject, payload, { reply: inbox.subject }, unsent)
    } catch (error) {
      unsent(error)
    }
  })
}

function notSent(subject: string, cause: unknown): unknown {
  if (BusError.isInstance(cause)) return cause
  return new BusError('bus-unreachable', `Cannot send a request on ${subject}: ${String(cause)}`, { cause })
}

function noResponder(subject: string): BusError {
  return new BusError('no-responder', `No process serves ${subject}. The one that should is not running.`)
}

function forbidden(subject: string, cause: Error): BusError {
  return new BusError('bus-forbidden', `The server does not allow these credentials to send to ${subject}.`, {
    cause,
  })
}

function noReply(subject: string, reason: string): BusError {
  return new BusError('no-reply', `No reply on ${subject}: ${reason}. The request may have been carried out.`)
}
