import { decode } from './decode.ts'
import { encodeWithin } from './encode.ts'
import { noteKeys } from './known-keys.ts'
import { bare, type List, list, PromiseClass, promiseThen, push, setPrototype } from './primordials.ts'
import { state } from './state.ts'

function ignore(): void {}

/** Its prototype is empty, as every object's here that is made for each call. */
class PendingCall {
  /** Characters of its arguments once it has left; -1 before. */
  chars = -1
  resolve: (value: unknown) => void = ignore
  reject: (error: unknown) => void = ignore
}

class WaitingCall {
  number: number
  name: string
  args: string

  constructor(number: number, name: string, args: string) {
    this.number = number
    this.name = name
    this.args = args
  }
}

/** A call that was made: `number` is the second part of its id. */
class StartedCall {
  number: number
  promise: Promise<unknown>

  constructor(number: number, promise: Promise<unknown>) {
    this.number = number
    this.promise = promise
  }
}

for (const made of [PendingCall, WaitingCall, StartedCall]) setPrototype(made.prototype, null)

/** Calls without outcome, by number. */
let pending: List<PendingCall | undefined> = list()
let inFlight = 0
let inFlightChars = 0
let made = 0
let canceled: string | undefined
let closed = false
/** Calls beyond `callsInFlight`: they leave as others come back. */
let waiting: List<WaitingCall> = list()
let nextWaiting = 0

export function resetCalls(): void {
  pending = list()
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
  pending = list()
  inFlight = 0
  inFlightChars = 0
  waiting = list()
  nextWaiting = 0
}

export function pendingCount(): number {
  return inFlight
}

class CallError extends Error {
  constructor(name: string, message: string, number: number) {
    super(message)
    const id = number === 0 ? '' : callId(number)
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
    Object.defineProperty(this, 'call', { value: id, configurable: true, writable: true })
  }
}

function callId(number: number): string {
  return `${state.step}.${number}`
}

/** Starts one call and gives the promise of its outcome. @throws RangeError beyond a limit. */
export function startCall(name: string, args: unknown): StartedCall {
  const { limits } = state
  const text = encodeWithin(args, limits.argumentChars, `the argument of ${name}`)
  if (made >= limits.callsPerStep) {
    throw new RangeError(`more than ${limits.callsPerStep} calls in one step; go on in the next step`)
  }
  if (canceled !== undefined) throw new CallError('CanceledError', canceled, 0)
  made += 1
  const number = made
  const entry = new PendingCall()
  const promise = new PromiseClass<unknown>((resolve, reject) => {
    entry.resolve = resolve
    entry.reject = reject
  })
  // A call that nobody awaits and that fails is in the report; it is no unhandled rejection.
  promiseThen(promise, ignore, ignore)
  const started = new StartedCall(number, promise)
  if (closed) return started
  pending[number] = entry
  pending.length = number + 1
  if (fits(text)) send(number, name, text)
  else push(waiting, new WaitingCall(number, name, text))
  return started
}

/** So many of the largest arguments may be under way together: what leaves at once is held by the host at once. */
const LARGEST_AT_ONCE = 4

function fits(args: string): boolean {
  if (inFlight === 0) return true
  const { callsInFlight, argumentChars } = state.limits
  return inFlight < callsInFlight && inFlightChars + args.length <= LARGEST_AT_ONCE * argumentChars
}

function send(number: number, name: string, args: string): void {
  const entry = pending[number]
  if (entry !== undefined) entry.chars = args.length
  inFlight += 1
  inFlightChars += args.length
  // One text: each that passes to the host is copied by itself.
  state.door.call(`${callId(number)}\t${name}\t${args}`)
}

function sendNextWaiting(): undefined {
  for (let next = waiting[nextWaiting]; next !== undefined; next = waiting[nextWaiting]) {
    const dropped = pending[next.number] === undefined
    if (!dropped && !fits(next.args)) return
    waiting[nextWaiting] = new WaitingCall(0, '', '')
    nextWaiting += 1
    if (!dropped) send(next.number, next.name, next.args)
  }
}

function forget(number: number, entry: PendingCall): void {
  pending[number] = undefined
  if (entry.chars < 0) return
  inFlight -= 1
  inFlightChars -= entry.chars
}

/** Forgets a call that nobody waits for any more (a cleared timer). */
export function dropCall(number: number): void {
  const entry = pending[number]
  if (entry === undefined) return
  if (entry.chars >= 0) state.door.note('dropped')
  forget(number, entry)
  sendNextWaiting()
}

/** Delivers one outcome. `value` is encoded text where `ok`, else a message. */
export function settle(number: number, ok: boolean, value: string, reason: string): void {
  const entry = pending[number]
  if (entry === undefined) return
  forget(number, entry)
  if (!closed) sendNextWaiting()
  if (!ok) {
    entry.reject(new CallError(REASONS[reason] ?? 'CallError', value, number))
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
  pending = list()
  inFlight = 0
  inFlightChars = 0
  for (let number = 1; number < open.length; number += 1) {
    open[number]?.reject(new CallError('CanceledError', reason, number))
  }
}
