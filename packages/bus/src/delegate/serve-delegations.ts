import { InputError, type TaskResult } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import {
  DELEGATION_POLL_MS,
  type DelegationReply,
  type DelegationRequest,
  delegationRequestSchema,
} from '../protocol/delegation.ts'
import { INBOX } from '../protocol/places.ts'
import { parseCallerSubject, SUBJECTS } from '../protocol/subjects.ts'
import { cancelSchema } from '../protocol/tool-call.ts'
import { Admission, MESSAGES_PER_SECOND } from '../request/admission.ts'
import { matcher, serve } from '../request/serve.ts'

/**
 * Starts a delegate and waits for its result. It is called again for the same key after a restart of the
 * coordinator, and must then go on with the same delegation. The signal aborts when the caller takes the
 * call back.
 */
export type DelegationHandler = (
  request: DelegationRequest & { caller: string },
  signal: AbortSignal,
) => Promise<TaskResult>

/** Milliseconds for which a result is kept that nobody has asked for since. */
const KEEP_MS = 10 * 60_000

export interface DelegationOptions {
  pollMs?: number
  /** Messages of one caller that are looked at in a second. Default 2,000. */
  perSecond?: number
  /** Hears of a caller who sends more than that, of which the rest is dropped; at most once a second. */
  onFlood?(caller: string, subject: string): void
}

/** Answers requests for delegates until disposed. */
export async function serveDelegations(
  bus: Bus,
  handler: DelegationHandler,
  { pollMs = DELEGATION_POLL_MS, perSecond = MESSAGES_PER_SECOND, onFlood }: DelegationOptions = {},
): Promise<AsyncDisposable> {
  const admission = new Admission(perSecond, (subject) => onFlood?.(subject.split('.').at(-1) ?? '', subject))
  const open = new Map<string, { result: Promise<TaskResult>; controller: AbortController }>()

  function begin(id: string, request: DelegationRequest & { caller: string }): Promise<TaskResult> {
    const known = open.get(id)
    if (known !== undefined) return known.result
    const controller = new AbortController()
    const result = handler(request, controller.signal)
    open.set(id, { result, controller })
    // Kept for whoever asks next; for who never comes back, not for ever.
    const forget = () => {
      if (open.get(id)?.result === result) open.delete(id)
    }
    const later = () => void setTimeout(forget, KEEP_MS).unref()
    result.then(later, later)
    return result
  }

  async function handle(request: DelegationRequest, message: Msg): Promise<DelegationReply> {
    const caller = parseCallerSubject('delegate', message.subject)
    if (caller === undefined) throw new InputError(`${message.subject} names no caller`)
    if (bus.user !== undefined && !message.reply?.startsWith(`${INBOX}.${caller}.`)) {
      throw new InputError(`a delegation by ${caller} must be answered in its own inbox`)
    }
    const id = `${caller} ${request.key}`
    try {
      const reply = await firstOf(begin(id, { ...request, caller }), pollMs)
      // Told: asked again all the same, the handler finds it in the journal.
      if (reply.state === 'done') open.delete(id)
      return reply
    } catch (error) {
      open.delete(id)
      throw error
    }
  }

  const isCancel = matcher(SUBJECTS.cancel('*'))
  const cancels = bus.connection.subscribe(SUBJECTS.cancel('*'), {
    callback: (error, message) => {
      if (error !== null || !isCancel(message.subject)) return
      if (!admission.takes(message.subject)) return
      const cancel = cancelSchema.safeParse(readJson(message))
      const caller = parseCallerSubject('cancel', message.subject)
      if (cancel.success) open.get(`${caller} ${cancel.data.key}`)?.controller.abort()
    },
  })
  const server = await serve(bus, {
    subject: SUBJECTS.delegate('*'),
    queue: 'coordinator',
    schema: delegationRequestSchema,
    admission,
    handle,
  })
  return {
    async [Symbol.asyncDispose]() {
      cancels.unsubscribe()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The result, or `working` after a while. */
async function firstOf(result: Promise<TaskResult>, pollMs: number): Promise<DelegationReply> {
  let timer: NodeJS.Timeout | undefined
  const waited = new Promise<DelegationReply>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'working' }), pollMs)
  })
  const done = result.then((value): DelegationReply => ({ state: 'done', result: value }))
  try {
    return await Promise.race([done, waited])
  } finally {
    clearTimeout(timer)
  }
}

function readJson(message: Msg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
