import { BailiwickError, InputError, parseJson, type TaskResult } from '@bailiwick/contract'
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
import { matcher, serve } from '../request/serve.ts'
import { MESSAGES_PER_SECOND, subscribeLimited } from '../request/subscribe-limited.ts'

/** A delegate that was started. */
export interface StartedDelegate {
  /** Resolves when it has ended. */
  result: TaskResult | Promise<TaskResult>
}

/**
 * Starts a delegate, and resolves when it is at work or has ended. It may be called again with the same key, after a restart of the
 * coordinator or when the caller comes back, and must then continue the same delegation. The signal aborts when the
 * caller cancels the call. If the reason has the code `suspended`, the caller has only left: the delegate goes on.
 */
export type DelegationHandler = (
  request: DelegationRequest & { caller: string },
  signal: AbortSignal,
) => Promise<StartedDelegate>

/** A caller that does not ask again within this time has left, milliseconds. It asks at once if it still waits. */
const KEEP_MS = 30_000

/** Options of {@link serveDelegations}. */
export interface ServeDelegationsOptions {
  /** How long to hold a request before replying `working`, milliseconds. */
  pollMs?: number
  /** After this long without a request, the caller counts as having left, milliseconds. Default 30,000. */
  keepMs?: number
  /** The agents that may ask; see {@link Delegations.admit}. Default: any, but then they share `perSecond`. */
  callers?: readonly string[]
  /** Requests to accept from one caller per second, and cancels. Default 2,000. */
  perSecond?: number
  /** Called at most once per second and subject if messages are dropped because the caller sends too many. */
  onFlood?(caller: string, subject: string): void
}

/** What {@link serveDelegations} serves, until disposed. */
export interface Delegations extends AsyncDisposable {
  /** Lets another agent ask. Does nothing if it may already. */
  admit(caller: string): Promise<void>
}

/** A delegation that a caller waits for. */
interface Open {
  started: Promise<StartedDelegate>
  result: Promise<TaskResult>
  controller: AbortController
  /** Requests that wait for the result now. */
  requests: number
  /** Runs after the last request. */
  left: NodeJS.Timeout | undefined
}

/** Serves requests for delegates until disposed. */
export async function serveDelegations(
  bus: Bus,
  handler: DelegationHandler,
  options: ServeDelegationsOptions = {},
): Promise<Delegations> {
  const { pollMs = DELEGATION_POLL_MS, keepMs = KEEP_MS, callers = ['*'] } = options
  const { perSecond = MESSAGES_PER_SECOND, onFlood } = options
  const open = new Map<string, Open>()

  function begin(id: string, request: DelegationRequest & { caller: string }): Open {
    const known = open.get(id)
    if (known !== undefined) return known
    const controller = new AbortController()
    const started = handler(request, controller.signal)
    const result = started.then((delegate) => delegate.result)
    result.catch(() => {}) // Requests get the error.
    const begun: Open = { started, result, controller, requests: 0, left: undefined }
    open.set(id, begun)
    return begun
  }

  /** Waits for the result while the caller does. A caller that does not come back holds nothing here. */
  async function whileAsked(id: string, begun: Open, holdMs: number): Promise<DelegationReply> {
    clearTimeout(begun.left)
    begun.requests += 1
    try {
      await begun.started
      return await firstOf(begun.result, holdMs)
    } finally {
      begun.requests -= 1
      if (begun.requests === 0) begun.left = setTimeout(leave, keepMs, id, begun).unref()
    }
  }

  function forget(id: string, begun: Open): void {
    clearTimeout(begun.left)
    if (open.get(id) === begun) open.delete(id)
  }

  function leave(id: string, begun: Open): void {
    forget(id, begun)
    begun.controller.abort(new BailiwickError('suspended', 'the caller has left'))
  }

  async function handle(request: DelegationRequest, message: Msg): Promise<DelegationReply> {
    const caller = parseCallerSubject('delegate', message.subject)
    if (caller === undefined)
      throw new InputError(`Expected a caller in the subject, found ${message.subject}.`)
    if (bus.user !== undefined && !message.reply?.startsWith(`${INBOX}.${caller}.`)) {
      throw new InputError(`Expected a reply subject in the inbox of ${caller}, found ${message.reply}.`)
    }
    const id = `${caller} ${request.key}`
    const begun = begin(id, { ...request, caller })
    let reply: DelegationReply | undefined
    try {
      reply = await whileAsked(id, begun, Math.min(pollMs, request.holdMs ?? pollMs))
      return reply
    } finally {
      // If the caller asks again anyway, the handler finds the result in the journal.
      if (reply?.state !== 'working') forget(id, begun)
    }
  }

  const isCancel = matcher(SUBJECTS.cancel('*'))
  const admitted = new Map<string, Promise<AsyncDisposable>>()

  async function listen(caller: string): Promise<AsyncDisposable> {
    const subject = SUBJECTS.cancel(caller)
    const cancels = subscribeLimited(bus.connection, subject, {
      perSecond,
      exceeded: () => onFlood?.(caller, subject),
      take(message) {
        if (!isCancel(message.subject)) return
        const cancel = cancelSchema.safeParse(parseJson(message.string()))
        const by = parseCallerSubject('cancel', message.subject)
        if (cancel.success) open.get(`${by} ${cancel.data.key}`)?.controller.abort()
      },
    })
    const requests = await serve(bus, {
      subject: SUBJECTS.delegate(caller),
      queue: 'coordinator',
      schema: delegationRequestSchema,
      perSecond,
      exceeded: () => onFlood?.(caller, SUBJECTS.delegate(caller)),
      handle,
    })
    return {
      async [Symbol.asyncDispose]() {
        cancels.close()
        await requests[Symbol.asyncDispose]()
      },
    }
  }

  async function admit(caller: string): Promise<void> {
    const listening = admitted.get(caller) ?? listen(caller)
    admitted.set(caller, listening)
    await listening
  }

  await Promise.all(callers.map(admit))
  return {
    admit,
    async [Symbol.asyncDispose]() {
      await Promise.all([...admitted.values()].map(async (each) => (await each)[Symbol.asyncDispose]()))
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
