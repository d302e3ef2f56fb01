import { onAbort } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'

export interface ConverseOptions<T> {
  subject: string
  payload: string
  /** Reads one answer: a result, or `{ again: ms }` to wait that much longer for the next. Throwing ends it. */
  read(message: Msg): { result: T } | { again: number }
  /** Milliseconds to wait for the first answer. */
  waitMs: number
  /**
   * For what must not be asked twice: a broken connection ends nothing, and once it is back an answer is waited for
   * this much longer, milliseconds. Absent: it fails when the connection breaks.
   */
  waitOnMs?: number
  signal?: AbortSignal
}

/**
 * One request and as many answers as it takes.
 *
 * @throws BusError `no-responder` when nobody listens, `bus-forbidden` when it may not be asked, `bus-auth` when the
 * credentials are taken no more, `no-reply` after the wait or when the connection breaks meanwhile; the signal's
 * reason when aborted.
 */
export function converse<T>(bus: Bus, options: ConverseOptions<T>): Promise<T> {
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
      lost() {
        if (waitOnMs === undefined) finish(() => reject(silent(subject, 'the connection broke')))
        else waitFor(waitMs)
      },
      // What was answered meanwhile is lost; whoever still works on it is heard of again.
      back: () => waitFor(waitOnMs ?? waitMs),
      shutOut: (error) => finish(() => reject(error)),
    })
    const forget = signal && onAbort(signal, () => finish(() => reject(signal.reason)))

    function waitFor(ms: number): void {
      clearTimeout(timer)
      timer = setTimeout(() => finish(() => reject(silent(subject, `${ms / 1000} s have gone by`))), ms)
    }
    function finish(settle: () => void): void {
      clearTimeout(timer)
      inbox.close()
      forget?.()
      end()
      settle()
    }

    waitFor(waitMs)
    const unsent = (error: unknown) => finish(() => reject(notSent(subject, error)))
    try {
      bus.link.throwIfShutOut()
      bus.outbox.publish(subject, payload, { reply: inbox.subject }, unsent)
    } catch (error) {
      unsent(error)
    }
  })
}

function notSent(subject: string, cause: unknown): unknown {
  if (BusError.isInstance(cause)) return cause
  return new BusError('bus-unreachable', `cannot ask on ${subject}: ${String(cause)}`, { cause })
}

function noResponder(subject: string): BusError {
  return new BusError('no-responder', `nobody answers on ${subject}: the process that should is not running`)
}

function forbidden(subject: string, cause: Error): BusError {
  return new BusError('bus-forbidden', `the server does not allow these credentials to ask on ${subject}`, {
    cause,
  })
}

function silent(subject: string, why: string): BusError {
  return new BusError('no-reply', `no answer on ${subject}: ${why}; whether it was done is not known`)
}
