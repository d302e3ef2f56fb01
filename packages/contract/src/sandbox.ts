import type { CallOutcome } from './gate.ts'
import type { JsonSchema } from './json.ts'
import type { SandboxLimits } from './sandbox-limits.ts'

/**
 * Untrusted code in worlds of its own. A world is a pure function of its {@link World} and of the
 * inputs delivered to it, in their order: the same inputs give the same world again, in this process
 * or in another.
 */
export interface Sandbox extends AsyncDisposable {
  /**
   * What stands between guest and host. `inline`: nothing (tests of the loop only). `process`: an
   * isolate in a child process under the runtime's permission model. `confined`: that, inside an
   * OS-level container without network.
   */
  readonly isolation: Isolation
  /** Opens one task's world. Waits while the pool is full. */
  open(world: World, signal?: AbortSignal): Promise<Session>
}

export type Isolation = 'inline' | 'process' | 'confined'

/** What a session starts from. */
export interface World {
  /** Become variables of the code. Anything {@link encodeValue} carries. */
  inputs: Record<string, unknown>
  /** Async functions of one argument object: granted tools and delegates. */
  functions: GuestFunction[]
  /** Package patterns that `import` may name: `arquero`, `lodash-es/*`, `*`. Nothing by default. */
  imports: string[]
  /** Folder that imports resolve from: the package that holds the agent's definition. */
  importsFrom?: string
  /** All randomness in the world derives from it, but in steps that name another. */
  seed: string
  limits?: Partial<SandboxLimits>
  /** The newest of these that fits is restored: the session then goes on after its step. */
  checkpoints?: readonly Checkpoint[]
}

/**
 * A world as it was after a step: a shortcut past executing everything up to there, never the truth. Only
 * worlds of plain data have one.
 */
export interface Checkpoint {
  step: number
  /** Digest of what the world began with: engine, sandbox, inputs, functions, limits. Others fit no more. */
  fits: string
  worldHash: string
  text: string
}

export interface GuestFunction {
  name: string
  description: string
  input: JsonSchema
  /** `index`: code reads `await name[3]`, which calls it with 3 as its only argument. Absent: `name({ … })`. */
  access?: 'index'
}

/** One task's world. One step at a time. */
export interface Session extends AsyncDisposable {
  /**
   * Runs one step's code until it and the calls it waits for are done. Never rejects for anything
   * the guest does; rejects with `DivergedError` when a recorded step asks for something else than
   * was recorded, and with `SandboxError` when the world cannot be kept or rebuilt.
   */
  execute(step: StepRequest, host: StepHost): Promise<Observation>
  /** Which of the checkpoints that it was opened with it goes on from; `refused` those that did not give their world. */
  readonly restored?: { step?: number; refused: { step: number; why: string }[] }
  /** Writes the world down, between two steps: after the last one that ran. A sandbox may have none. */
  checkpoint?(): Promise<Checkpoint | { refused: string }>
}

export interface StepRequest {
  /** Counts from 1 within the task. */
  step: number
  /** JavaScript or TypeScript. */
  code: string
  /** Unix milliseconds that the step begins at. */
  clock: number
  /** What this step's randomness derives from, where it is not the world's: steps before a fork have the old one. */
  seed?: string
  /** What the journal holds of this step: delivered first, and its calls are not made again. */
  recorded?: RecordedStep
}

/** A step as journaled: inputs in delivery order, each turn's output, and whether it ended. */
export interface RecordedStep {
  inputs: TurnInput[]
  turns: TurnOutput[]
  /** True: replay only. False: after the last input the step goes on live. */
  ended: boolean
  /** The turn that was undone, with which the step ended. Its input is not among `inputs`. */
  voided?: UndoneTurn
  /** A call's arguments as encoded text, where the journal holds them: to show what was recorded. */
  argsOf?(call: string): string | undefined
}

/** One input to a world after the step's code. One outcome per input; delivery order is queue order. */
export type TurnInput =
  | { kind: 'outcome'; outcome: DeliveredOutcome; clock: number }
  | { kind: 'cancel'; reason: string; clock: number }

/** A call's outcome as the guest gets it: `value` is encoded text (see `encodeValue`). */
export type DeliveredOutcome = { id: string } & (
  | { ok: true; value: string }
  | { ok: false; reason: string; message: string }
)

/** What one turn gave: the guest ran on one input until it was idle. Turn 0 is the step's code. */
export interface TurnOutput {
  step: number
  turn: number
  /** Calls that left at the turn's end, in order. `argsHash` tells arguments apart: a short text stands for itself. */
  calls: { id: string; name: string; argsHash: string }[]
  /** The step's code has ended, or a final answer was given. */
  done: boolean
  cpuMs: number
}

/** A turn that was killed or stopped: nothing it did remains, nothing of it left the box. */
export interface UndoneTurn {
  step: number
  turn: number
  reason: 'timeout' | 'out-of-memory' | 'canceled' | 'crashed'
  /** What stopped it, in words. */
  message?: string
  /** The input that was lost with it; absent for turn 0 (the step's code itself). */
  lost?: TurnInput
}

/** A call that guest code made. `id` is `<step>.<n>`, the same in every re-execution. */
export interface GuestCall {
  id: string
  step: number
  turn: number
  name: string
  args: unknown
  /** `args` as encoded text: what is journaled and hashed. */
  argsText: string
}

/** The host's side of one step. Methods are called in the order in which things happen. */
export interface StepHost {
  readonly signal: AbortSignal
  /** Unix milliseconds. */
  now(): number
  /** A live call left the guest. Resolves with its outcome, whatever happens; never rejects. */
  call(call: GuestCall, signal: AbortSignal): Promise<CallOutcome>
  /** A live input is about to be delivered. Recorded inputs are not announced. */
  delivered?(input: TurnInput): void
  /** A turn has committed, live (`replayed` false) or from the record. */
  committed?(turn: TurnOutput, replayed: boolean): void
  /** A turn was undone. */
  undone?(turn: UndoneTurn): void
  /** A console line, as it happens; not in replay. */
  printed?(line: string): void
}

/** What a step showed. */
export interface Observation {
  status: 'ok' | 'error' | 'timeout' | 'out-of-memory' | 'canceled'
  /** The last expression's value, bounded and readable; '' where there is none. */
  preview: string
  /** Console output, bounded, with a marker that says how much is missing. */
  printed: string
  error?: GuestError
  /** Present when `finalAnswer` was called. */
  final?: { value: unknown }
  /** Present when a turn was undone: what was lost and why, in words for the model. */
  lost?: string
  /** Every call of the step, in the order made. */
  calls: CallReport[]
  usage: { wallMs: number; cpuMs: number; turns: number }
  /** Hash of every global at the step's end: equal worlds have equal hashes. */
  worldHash?: string
}

/** An error that guest code did not handle, as text: no guest object reaches the host. */
export interface GuestError {
  name: string
  message: string
  /** Line and column in the agent's own source, from 1. */
  line?: number
  column?: number
  /** The offending source line with a caret below it. */
  excerpt?: string
}

export interface CallReport {
  id: string
  name: string
  args: unknown
  ok: boolean
  /** Failure kind and message where `ok` is false. */
  reason?: string
  message?: string
  ms: number
  /** False: the code did not wait for it. */
  awaited: boolean
}
