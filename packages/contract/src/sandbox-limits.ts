/** Every limit acts while the code runs. Defaults: `DEFAULT_SANDBOX_LIMITS`. */
export interface SandboxLimits {
  /** Characters of one step's source. */
  sourceChars: number
  /** Wall time of one step without the time spent waiting for calls, ms. */
  wallMs: number
  /** CPU time of one step, ms. */
  cpuMs: number
  /** Heap of the isolate, MiB. */
  memoryMb: number
  /** Resident memory of the child process, MiB. */
  residentMb: number
  /** Printed characters kept per step. */
  outputChars: number
  /** Characters of a step's preview. */
  previewChars: number
  /** Calls one step may make. */
  callsPerStep: number
  /** Calls under way at once. */
  callsInFlight: number
  /** Characters of one call's encoded arguments. */
  argumentChars: number
  /** Characters of one encoded call result. */
  resultChars: number
  /** Characters of the encoded final answer. */
  answerChars: number
  /** Values that a preview visits at most. */
  previewValues: number
  /** Longest `sleep` or timer, and the longest a step may wait for calls, ms. */
  waitMs: number
  /** CPU time of steps after which their world is worth a checkpoint, ms; 0 for one after every step. */
  checkpointCpuMs: number
  /** Characters of a checkpoint; a larger world has none. */
  checkpointChars: number
}

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
  resultChars: 8_000_000,
  answerChars: 2_000_000,
  previewValues: 1_000,
  waitMs: 600_000,
  checkpointCpuMs: 2_000,
  checkpointChars: 1_000_000,
})
