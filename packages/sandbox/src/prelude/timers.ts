import { dropCall, startCall } from './calls.ts'
import { applyFunction, bare, isFiniteNumber, promiseThen, toNumber } from './primordials.ts'
import { state } from './state.ts'

let live: Record<number, number | undefined> = bare({})
let last = 0

/** The number of the last timer. Numbers continue from step to step. */
export function lastTimer(): number {
  return last
}

export function setLastTimer(number: number): void {
  last = number
}

export function resetTimers(): void {
  live = bare({})
}

function milliseconds(value: unknown): number {
  const given = toNumber(value)
  const ms = isFiniteNumber(given) && given > 0 ? given : 0
  if (ms > state.limits.waitMs)
    throw new RangeError(`a wait of ${ms} ms is longer than ${state.limits.waitMs} ms`)
  return ms
}

/** A sleep is a call that the host answers. Its outcome is in the record, so a replay does not wait. */
export function sleep(ms: unknown): Promise<unknown> {
  return startCall('sleep', { ms: milliseconds(ms) }).promise
}

type Task = (...args: unknown[]) => unknown

function arm(handle: number, ms: number, run: () => void): void {
  const call = startCall('sleep', { ms })
  live[handle] = call.number
  promiseThen(
    call.promise,
    () => {
      if (live[handle] === call.number) run()
    },
    () => {},
  )
}

export function setTimer(task: unknown, ms: unknown, ...args: unknown[]): number {
  if (typeof task !== 'function') throw new TypeError('setTimeout takes a function')
  last += 1
  const handle = last
  arm(handle, milliseconds(ms), () => {
    live[handle] = undefined
    applyFunction(task as Task, undefined, args)
  })
  return handle
}

export function setRepeating(task: unknown, ms: unknown, ...args: unknown[]): number {
  if (typeof task !== 'function') throw new TypeError('setInterval takes a function')
  last += 1
  const handle = last
  const wait = milliseconds(ms)
  const again = () =>
    arm(handle, wait, () => {
      again()
      applyFunction(task as Task, undefined, args)
    })
  again()
  return handle
}

export function clearTimer(handle: unknown): void {
  if (typeof handle !== 'number') return
  const number = live[handle]
  live[handle] = undefined
  if (number !== undefined) dropCall(number)
}
