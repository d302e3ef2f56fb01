import { applyFunction, bare, construct, define, getDescriptor } from './primordials.ts'

/** Each reading of the clock within a turn advances it by this much, ms. */
const READ_MS = 0.01

let clock = 0
let began = 0

/** Sets the clock to the time of a turn's input. The clock stands still within a turn and never goes back. */
export function setClock(time: number): void {
  if (time > clock) clock = time
}

/** Starts the clock of a new world. */
export function startClock(time: number): void {
  clock = time
  began = time
}

/** The clock, including the advance by readings. */
export function clockState(): number {
  return clock
}

function read(): number {
  clock += READ_MS
  return clock
}

function hide(target: object, key: PropertyKey, value: unknown): void {
  define(target, key, bare({ value, writable: true, enumerable: false, configurable: true }))
}

/** Replaces everything that reads the machine's clock. Call it before modules load, because they keep references. */
export function installClock(): void {
  const RealDate = Date
  const dateText = Date.prototype.toString
  const { trunc } = Math
  const now = () => trunc(read())
  const PatchedDate = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return applyFunction(dateText, new RealDate(trunc(read())), [])
    return construct(RealDate, args.length === 0 ? [trunc(read())] : args, new.target)
  }
  define(PatchedDate, 'name', bare({ value: 'Date', configurable: true }))
  define(PatchedDate, 'length', bare({ value: 7, configurable: true }))
  hide(PatchedDate, 'now', function now() {
    return trunc(read())
  })
  hide(PatchedDate, 'parse', RealDate.parse)
  hide(PatchedDate, 'UTC', RealDate.UTC)
  define(PatchedDate, 'prototype', bare({ value: RealDate.prototype, writable: false }))
  hide(RealDate.prototype, 'constructor', PatchedDate)
  hide(globalThis, 'Date', PatchedDate)
  hide(globalThis, 'performance', bare({ now: () => read() - began, timeOrigin: 0 }))
  patchFormats(now)
  patchTemporal(now)
}

/** Patches `format()` without a date, which formats the present time. */
function patchFormats(now: () => number): void {
  const prototype = Intl.DateTimeFormat.prototype
  const format = getDescriptor(prototype, 'format')
  const get = format?.get as (() => (date: unknown) => string) | undefined
  if (get !== undefined) {
    define(
      prototype,
      'format',
      bare({
        enumerable: false,
        configurable: true,
        get(this: unknown) {
          const bound = applyFunction(get, this, [])
          return (date?: unknown) => applyFunction(bound, undefined, [date === undefined ? now() : date])
        },
      }),
    )
  }
  const parts = prototype.formatToParts
  hide(prototype, 'formatToParts', function formatToParts(this: unknown, date?: unknown) {
    return applyFunction(parts, this, [date === undefined ? now() : date])
  })
}

interface TemporalLike {
  Now?: object
  Instant: { fromEpochMilliseconds(time: number): { toZonedDateTimeISO(zone: unknown): ZonedLike } }
}

interface ZonedLike {
  toPlainDate(): unknown
  toPlainTime(): unknown
  toPlainDateTime(): unknown
}

/** Patches Temporal, which Node 26 has. Its `Now` would read the machine's clock and zone. */
function patchTemporal(now: () => number): void {
  const temporal = (globalThis as { Temporal?: TemporalLike }).Temporal
  if (temporal?.Now === undefined) return
  const instant = () => temporal.Instant.fromEpochMilliseconds(now())
  const zoned = (zone?: unknown) => instant().toZonedDateTimeISO(zone === undefined ? 'UTC' : zone)
  hide(temporal.Now, 'instant', instant)
  hide(temporal.Now, 'timeZoneId', () => 'UTC')
  hide(temporal.Now, 'zonedDateTimeISO', zoned)
  hide(temporal.Now, 'plainDateISO', (zone?: unknown) => zoned(zone).toPlainDate())
  hide(temporal.Now, 'plainTimeISO', (zone?: unknown) => zoned(zone).toPlainTime())
  hide(temporal.Now, 'plainDateTimeISO', (zone?: unknown) => zoned(zone).toPlainDateTime())
}
