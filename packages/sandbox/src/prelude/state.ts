import { bare } from './primordials.ts'

/** What the child hands the prelude: functions of text to text, nothing else of the host. */
export interface HostDoor {
  /** One line of console output. */
  print(line: string): void
  /** One call: id, name and encoded arguments, tabs between; it leaves at idle. */
  call(text: string): void
  /** The step has settled or has an answer (`over`), a call is no longer waited for (`dropped`), or an entry threw. */
  note(what: string): void
  /** The source of a bundle to evaluate, run by the child; the result is registered by the bundle. */
  load(name: string): string
}

export interface Limits {
  outputChars: number
  previewChars: number
  previewValues: number
  callsPerStep: number
  callsInFlight: number
  argumentChars: number
  answerChars: number
  waitMs: number
}

/** The prelude's state of the step under way. One world, one step at a time. */
export const state = bare({
  door: bare({ print: () => {}, call: () => {}, note: () => {}, load: () => '' }) as HostDoor,
  limits: bare({
    outputChars: 20_000,
    previewChars: 8_000,
    previewValues: 1_000,
    callsPerStep: 1_000,
    callsInFlight: 100,
    argumentChars: 256_000,
    answerChars: 2_000_000,
    waitMs: 600_000,
  }) as Limits,
  step: 0,
})
