import {
  BailiwickError,
  ExhaustedError,
  FencedError,
  hasCode,
  InputError,
  RefusedError,
  TransientError,
} from '@bailiwick/contract'
import type { WireError } from '../protocol/reply.ts'
import { QueueFullError } from './queue-full-error.ts'

const CLASSES = {
  refused: RefusedError,
  exhausted: ExhaustedError,
  fenced: FencedError,
  'bad-input': InputError,
  'queue-full': QueueFullError,
} as const

/** An error as it is sent: code and message, without the stack, which names paths of this machine. */
export function toWireError(error: unknown): WireError {
  if (hasCode(error, 'transient')) {
    const { retryAfterMs } = error as Partial<TransientError>
    return {
      code: 'transient',
      message: cut(error.message),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }
  }
  if (BailiwickError.isInstance(error)) return { code: error.code, message: cut(error.message) }
  if (error instanceof Error)
    return { code: error.name === 'AbortError' ? 'canceled' : 'failed', message: cut(error.message) }
  return { code: 'failed', message: String(error) }
}

/** Shortens a text to a length that is enough for a person or a model. */
function cut(message: string): string {
  return message.length > 16_000 ? `${message.slice(0, 16_000)} … (${message.length} characters)` : message
}

/** The error that the other side threw, of the same class if this side knows the class. */
export function fromWireError({ code, message, retryAfterMs }: WireError): BailiwickError {
  if (code === 'transient') {
    return new TransientError(message, retryAfterMs === undefined ? {} : { retryAfterMs })
  }
  if (Object.hasOwn(CLASSES, code)) return new CLASSES[code as keyof typeof CLASSES](message)
  return new BailiwickError(code, message)
}
