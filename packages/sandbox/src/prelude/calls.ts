import { decode } from './decode.ts'
import { encodeWithin } from './encode.ts'
import { noteKeys } from './known-keys.ts'
import { bare, type List, list, PromiseClass, promiseThen, push } from './primordials.ts'
import { state } from './state.ts'

interface PendingCall {
  /** Characters of its arguments once it has left; -1 before. */
  chars: number
  resolve(value: unknown): void
  reject(error: unknown): void
}

interface WaitingCall {
  id: string
  name: string
  args: string
}

/** Calls without outcome, by id. A null-prototype object: a guest can patch `Map.prototype`. */
let pending: Record<string, PendingCall | undefined> = bare({})
let inFlight = 0
let inFlightChars = 0
let made = 0
let canceled: string | undefined
let closed = false
/** Calls beyond `callsInFlight`: they leave as others come back. */
let waiting: List<WaitingCall> = list()
let nextWaiting = 0

export function resetCalls(): void {
  pending = bare({})
  inFlight = 0
  inFlightChars = 0
  made = 0
  canceled = undefined
  closed = false
  waiting = list()
  nextWaiting = 0
}

/** After the final answer, and between steps, nothing leaves any more. */
export function closeCalls(): void {
  closed = true
  pending = bare({})
  inFlight = 0
  inFlightChars = 0
  waiting = list()
  nextWaiting = 0
}

export function pendingCount(): number {
  return inFlight
}

class CallError extends Error {
  constructor(name: string, message: string, id: string) {
    super(message)
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
    Object.defineProperty(this, 'call', { value: id, configurable: true, writable: true })
  }
}

const ignore = () => {}

const NEVER = { resolve: () => {}, reject: () => {} }

/** Starts one call and gives the promise of its outcome. @throws RangeError beyond a limit. */
export function startCall(name: string, args: unknown): { id: string; promise: Promise<unknown> } {
  const { limits } = state
  const text = encodeWithin(args, limits.argumentChars, `the argument of ${name}`)
  if (made >= limits.callsPerStep) {
    throw new RangeError(`more than ${limits.callsPerStep} calls in one step; go on in the next step`)
  }
  if (canceled !== undefined) throw new CallError('CanceledError', canceled, '')
  made += 1
  const id = `${state.step}.${made}`
  const entry: PendingCall = bare({ chars: -1, ...NEVER })
  const promise = new PromiseClass<unknown>((resolve, reject) => {
    entry.resolve = resolve
    entry.reject = reject
  })
  // A call that nobody awaits and that fails is in the report; it is no unhandled rejection.
  promiseThen(promise, ignore, ignore)
  if (closed) return bare({ id, promise })
  pending[id] = entry
  if (fits(text)) send(id, name, text)
  else push(waiting, bare({ id, name, args: text }))
  return bare({ id, promise })
}

/** So many of the largest arguments may be under way together: what leaves at once is held by the host at once. */
const LARGEST_AT_ONCE = 4

function fits(args: string): boolean {
  if (inFlight === 0) return true
  const { callsInFlight, argumentChars } = state.limits
  return inFlight < callsInFlight && inFlightChars + args.length <= LARGEST_AT_ONCE * argumentChars
}

function send(id: string, name: string, args: string): void {
  const entry = pending[id]
  if (entry !== undefined) entry.chars = args.length
  inFlight += 1
  inFlightChars += args.length
  state.door.call(id, name, args)
}

function sendNextWaiting(): undefined {
  for (let next = waiting[nextWaiting]; next !== undefined; next = waiting[nextWaiting]) {
    const dropped = pending[next.id] === undefined
    if (!dropped && !fits(next.args)) return
    waiting[nextWaiting] = bare({ id: '', name: '', args: '' })
    nextWaiting += 1
    if (!dropped) send(next.id, next.name, next.args)
  }
}

function forget(id: string, entry: PendingCall): void {
  pending[id] = undefined
  if (entry.chars < 0) return
  inFlight -= 1
  inFlightChars -= entry.chars
}

/** Forgets a call that nobody waits for any more (a cleared timer). */
export function dropCall(id: string): void {
  const entry = pending[id]
  if (entry === undefined) return
  if (entry.chars >= 0) state.door.note('dropped')
  forget(id, entry)
  sendNextWaiting()
}

/** Delivers one outcome. `value` is encoded text where `ok`, else a message. */
export function settle(id: string, ok: boolean, value: string, reason: string): void {
  const entry = pending[id]
  if (entry === undefined) return
  forget(id, entry)
  if (!closed) sendNextWaiting()
  if (!ok) {
    entry.reject(new CallError(REASONS[reason] ?? 'CallError', value, id))
    return
  }
  const result = decode(value)
  noteKeys(result)
  entry.resolve(result)
}

const REASONS: Record<string, string | undefined> = bare({
  error: 'CallError',
  refused: 'RefusedError',
  'unknown-outcome': 'OutcomeUnknownError',
  canceled: 'CanceledError',
})

/** Rejects everything that is pending: the code may clean up, and can start nothing more. */
export function cancelCalls(reason: string): void {
  canceled = reason
  waiting = list()
  nextWaiting = 0
  const open = pending
  pending = bare({})
  inFlight = 0
  inFlightChars = 0
  for (const id in open) open[id]?.reject(new CallError('CanceledError', reason, id))
}
