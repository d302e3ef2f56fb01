import { bare } from './primordials.ts'

/** The functions that the child passes to the prelude. They take and return text only. */
export interface HostDoor {
  /** Prints one line of console output. */
  print(line: string): void
  /** Makes a call: id, name and encoded arguments, separated by tabs. It leaves when the guest is idle. */
  call(text: string): void
  /** `over`: the step has settled or has an answer. `dropped`: the code no longer waits for a call. Other text: the error of an entry. */
  note(what: string): void
  /** Returns the reason why a package is missing, as JSON `{ refused }`. */
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

/** The prelude's state of the current step. A world runs one step at a time. */
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
