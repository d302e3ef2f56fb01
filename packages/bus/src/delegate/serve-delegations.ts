import { InputError, parseJson, type TaskResult } from '@bailiwick/contract'
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
import { MESSAGES_PER_SECOND, RateLimit } from '../request/rate-limit.ts'
import { matcher, serve } from '../request/serve.ts'

/**
 * Starts a delegate and waits for its result. After a restart of the coordinator it is called again with the same key,
 * and must then continue the same delegation. The signal aborts when the caller cancels the call.
 */
export type DelegationHandler = (
  request: DelegationRequest & { caller: string },
  signal: AbortSignal,
) => Promise<TaskResult>

/** How long to keep a result that the caller has not requested again, milliseconds. */
const KEEP_MS = 10 * 60_000

/** Options of {@link serveDelegations}. */
export interface ServeDelegationsOptions {
  /** How long to hold a request before replying `working`, milliseconds. */
  pollMs?: number
  /** Messages to accept from one caller per second. Default 2,000. */
  perSecond?: number
  /** Called at most once per second and caller if messages are dropped because the caller sends too many. */
  onFlood?(caller: string, subject: string): void
}

/** Serves requests for delegates until disposed. */
export async function serveDelegations(
  bus: Bus,
  handler: DelegationHandler,
  { pollMs = DELEGATION_POLL_MS, perSecond = MESSAGES_PER_SECOND, onFlood }: ServeDelegationsOptions = {},
): Promise<AsyncDisposable> {
  const rateLimit = new RateLimit(perSecond, (subject) => onFlood?.(subject.split('.').at(-1) ?? '', subject))
  const open = new Map<string, { result: Promise<TaskResult>; controller: AbortController }>()

  function begin(id: string, request: DelegationRequest & { caller: string }): Promise<TaskResult> {
    const known = open.get(id)
    if (known !== undefined) return known.result
    const controller = new AbortController()
    const result = handler(request, controller.signal)
    open.set(id, { result, controller })
    // The next request takes the result. If the caller never asks again, forget it.
    const forget = () => {
      if (open.get(id)?.result === result) open.delete(id)
    }
    const later = () => void setTimeout(forget, KEEP_MS).unref()
    result.then(later, later)
    return result
  }

  async function handle(request: DelegationRequest, message: Msg): Promise<DelegationReply> {
    const caller = parseCallerSubject('delegate', message.subject)
    if (caller === undefined)
      throw new InputError(`Expected a caller in the subject, found ${message.subject}.`)
    if (bus.user !== undefined && !message.reply?.startsWith(`${INBOX}.${caller}.`)) {
      throw new InputError(`Expected a reply subject in the inbox of ${caller}, found ${message.reply}.`)
    }
    const id = `${caller} ${request.key}`
    try {
      const reply = await firstOf(begin(id, { ...request, caller }), pollMs)
      // If the caller asks again anyway, the handler finds the result in the journal.
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
      if (!rateLimit.accept(message.subject)) return
      const cancel = cancelSchema.safeParse(parseJson(message.string()))
      const caller = parseCallerSubject('cancel', message.subject)
      if (cancel.success) open.get(`${caller} ${cancel.data.key}`)?.controller.abort()
    },
  })
  const server = await serve(bus, {
    subject: SUBJECTS.delegate('*'),
    queue: 'coordinator',
    schema: delegationRequestSchema,
    rateLimit,
    handle,
  })
  return {
    async [Symbol.asyncDispose]() {
      cancels.unsubscribe()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The result, or `working` after `pollMs`. */
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
