import { decode } from './decode.ts'
import { encodeWithin } from './encode.ts'
import { errorFields } from './error-text.ts'
import { noteKeys } from './known-keys.ts'
import {
  bare,
  define,
  freeze,
  type List,
  list,
  PromiseClass,
  promiseThen,
  push,
  setPrototype,
} from './primordials.ts'
import { state } from './state.ts'

function ignore(): void {}

/** A call without an outcome. Like all objects that exist per call, it has no prototype. */
class PendingCall {
  /** The length of its arguments once it has left, -1 before. */
  chars = -1
  resolve: (value: unknown) => void = ignore
  reject: (error: unknown) => void = ignore
  promise: Promise<unknown> | undefined
}

/** A call that waits until others have returned. */
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

/** A call that was made. `number` is the second part of its id. */
class StartedCall {
  number: number
  promise: Promise<unknown>

  constructor(number: number, promise: Promise<unknown>) {
    this.number = number
    this.promise = promise
  }
}

for (const made of [PendingCall, WaitingCall, StartedCall]) setPrototype(made.prototype, null)

/** Calls without an outcome, by number. */
let pending: List<PendingCall | undefined> = list()
let inFlight = 0
let inFlightChars = 0
let made = 0
let canceled: string | undefined
let closed = false
/** Calls beyond `callsInFlight`. They leave as others return. */
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

/** Lets no further call leave: after the final answer and between steps. */
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
    define(this, 'name', bare({ value: name, configurable: true, writable: true }))
    define(this, 'call', bare({ value: id, configurable: true, writable: true }))
  }
}

// Guest code reaches the class as `error.constructor`. Frozen, it keeps the `Error` that it extends.
freeze(CallError)

function callId(number: number): string {
  return `${state.step}.${number}`
}

/** Starts a call. @throws RangeError beyond a limit */
export function startCall(name: string, args: unknown): StartedCall {
  const { limits } = state
  const text = encodeWithin(args, limits.argumentChars, `the argument of ${name}`)
  if (made >= limits.callsPerStep) {
    throw new RangeError(`more than ${limits.callsPerStep} calls in one step; continue in the next step`)
  }
  if (canceled !== undefined) throw new CallError('CanceledError', canceled, 0)
  made += 1
  const number = made
  const entry = new PendingCall()
  const promise = new PromiseClass<unknown>((resolve, reject) => {
    entry.resolve = resolve
    entry.reject = reject
  })
  entry.promise = promise
  const started = new StartedCall(number, promise)
  if (closed) return started
  pending[number] = entry
  pending.length = number + 1
  if (fits(text)) send(number, name, text)
  else push(waiting, new WaitingCall(number, name, text))
  return started
}

/** How many arguments of the maximum size may be in flight, because the host holds all of them at once. */
const MAX_LARGEST_IN_FLIGHT = 4

function fits(args: string): boolean {
  if (inFlight === 0) return true
  const { callsInFlight, argumentChars } = state.limits
  return inFlight < callsInFlight && inFlightChars + args.length <= MAX_LARGEST_IN_FLIGHT * argumentChars
}

function send(number: number, name: string, args: string): void {
  const entry = pending[number]
  if (entry !== undefined) entry.chars = args.length
  inFlight += 1
  inFlightChars += args.length
  // Pass one text, because each text that leaves the isolate is copied separately.
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

/** Forgets a call that the code no longer waits for, such as a cleared timer. */
export function dropCall(number: number): void {
  const entry = pending[number]
  if (entry === undefined) return
  if (entry.chars >= 0) state.door.note('dropped')
  forget(number, entry)
  sendNextWaiting()
}

/** Delivers an outcome. `value` is encoded text if `ok`, else a message. */
export function settle(number: number, ok: boolean, value: string, reason: string): void {
  const entry = pending[number]
  if (entry === undefined) return
  forget(number, entry)
  if (!closed) sendNextWaiting()
  if (!ok) {
    fail(entry, new CallError(REASONS[reason] ?? 'CallError', value, number))
    return
  }
  let result: unknown
  try {
    result = decode(value)
  } catch (error) {
    fail(
      entry,
      new CallError('CallError', `the result cannot be decoded: ${errorFields(error).message}`, number),
    )
    return
  }
  noteKeys(result)
  entry.resolve(result)
}

/** Rejects a call's promise. The failure is in the report, so it must not be an unhandled rejection if nothing awaits it. */
function fail(entry: PendingCall, error: CallError): void {
  if (entry.promise !== undefined) promiseThen(entry.promise, ignore, ignore)
  entry.reject(error)
}

const REASONS: Record<string, string | undefined> = bare({
  error: 'CallError',
  refused: 'RefusedError',
  'unknown-outcome': 'OutcomeUnknownError',
  canceled: 'CanceledError',
})

/** Rejects all pending calls. The code may clean up but cannot start new calls. */
export function cancelCalls(reason: string): void {
  canceled = reason
  waiting = list()
  nextWaiting = 0
  const open = pending
  pending = list()
  inFlight = 0
  inFlightChars = 0
  for (let number = 1; number < open.length; number += 1) {
    const entry = open[number]
    if (entry !== undefined) fail(entry, new CallError('CanceledError', reason, number))
  }
}
