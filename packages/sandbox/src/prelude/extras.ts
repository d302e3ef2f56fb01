import { decode } from './decode.ts'
import { encodeWithin } from './encode.ts'
import { lock } from './lock.ts'
import { bare, define, PromiseClass, promiseThen } from './primordials.ts'
import { clearTimer, setRepeating, setTimer, sleep } from './timers.ts'

/** What code expects of any JavaScript engine and a bare isolate does not have. */
export function installExtras(): void {
  const resolved = new PromiseClass<void>((resolve) => resolve())
  const extras: Record<string, unknown> = {
    setTimeout: setTimer,
    setInterval: setRepeating,
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
    queueMicrotask: (task: () => void) => {
      promiseThen(resolved, () => task())
    },
    structuredClone: (value: unknown) => decode(encodeWithin(value, 100_000_000, 'the value')),
  }
  for (const name of Object.keys(extras)) {
    define(globalThis, name, bare({ value: extras[name], writable: true, configurable: true }))
  }
  lock(globalThis, 'sleep', sleep)
}
