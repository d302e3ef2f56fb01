/** Limits that apply while code runs. Defaults: `DEFAULT_SANDBOX_LIMITS`. */
export interface SandboxLimits {
  /** Characters of a step's source. */
  sourceChars: number
  /** Wall time of a step, without the time it waits for calls, ms. */
  wallMs: number
  /** CPU time of a step, ms. */
  cpuMs: number
  /** Heap of the isolate, MiB. */
  memoryMb: number
  /** Resident memory of the child process, MiB. */
  residentMb: number
  /** Printed characters that the observation of a step keeps. */
  outputChars: number
  /** Characters of a step's preview. */
  previewChars: number
  /** Calls that a step may make. */
  callsPerStep: number
  /** Calls that may run at the same time. */
  callsInFlight: number
  /** Characters of a call's encoded arguments. */
  argumentChars: number
  /** Characters of a call's encoded result. */
  resultChars: number
  /** Characters of the encoded final answer. */
  answerChars: number
  /** Most values that a preview visits. */
  previewValues: number
  /**
   * Time that a step may wait for calls, timers and `sleep`, in total, ms. Time in which all open calls wait for a person
   * or a delegate does not count.
   */
  waitMs: number
  /** CPU time of steps after which a checkpoint is written, ms. 0 writes one after every step. */
  checkpointCpuMs: number
  /** Characters of a checkpoint. A larger world gets none. */
  checkpointChars: number
}

/** The limits that apply if nothing else is set. */
export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = Object.freeze({
  sourceChars: 100_000,
  wallMs: 30_000,
  cpuMs: 20_000,
  memoryMb: 256,
  residentMb: 768,
  outputChars: 20_000,
  previewChars: 8_000,
  callsPerStep: 1_000,
  callsInFlight: 100,
  argumentChars: 256_000,
  resultChars: 1_000_000,
  answerChars: 2_000_000,
  previewValues: 1_000,
  waitMs: 600_000,
  checkpointCpuMs: 2_000,
  checkpointChars: 1_000_000,
})
