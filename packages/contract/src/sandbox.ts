import type { CallOutcome, CallWait } from './gate.ts'
import type { JsonSchema } from './json.ts'
import type { SandboxLimits } from './sandbox-limits.ts'

/**
 * Runs untrusted code, each task in a world of its own. A world is a pure function of its {@link World} and of the
 * inputs in the order of delivery: the same inputs give the same world, in this process or in another.
 */
export interface Sandbox extends AsyncDisposable {
  /**
   * The barrier between guest and host. `inline` is no barrier and only for tests of the loop. `process` is an isolate
   * in a child process under the runtime's permission model. `confined` adds an OS-level container without network.
   */
  readonly isolation: Isolation
  /** Opens a task's world. Waits while the pool is full. */
  open(world: World, signal?: AbortSignal): Promise<Session>
}

/** The barrier between guest and host, see {@link Sandbox.isolation}. */
export type Isolation = 'inline' | 'process' | 'confined'

/** The initial state of a session. */
export interface World {
  /** Variables of the code. Any values that {@link encodeValue} can encode. */
  inputs: Record<string, unknown>
  /**
   * Names of files, which are no variables. Code that uses one gets a TypeError with this text; code may declare a
   * variable of the name.
   */
  files?: Record<string, string>
  /** Granted tools and delegates: async functions with one argument object. */
  functions: GuestFunction[]
  /** Patterns of packages that code may import: `arquero`, `lodash-es/*`, `*`. */
  imports: string[]
  /** Folder from which imports resolve: the package that holds the agent's definition. */
  importsFrom?: string
  /** Seed of all randomness in the world, except in steps that have their own seed. */
  seed: string
  limits?: Partial<SandboxLimits>
  /** The session restores the newest checkpoint that fits and continues after its step. */
  checkpoints?: readonly Checkpoint[]
}

/**
 * A world after a step, as text. Saves executing the steps up to it, but the journal stays the truth. Only worlds of
 * plain data have checkpoints.
 */
export interface Checkpoint {
  step: number
  /** Digest of the world's start: engine, sandbox, inputs, functions, limits. The checkpoint fits only equal starts. */
  fits: string
  worldHash: string
  text: string
}

/** A function that the code in a world can call. */
export interface GuestFunction {
  name: string
  description: string
  input: JsonSchema
  /** With `index`, code reads `await name[3]`, which calls the function with 3. Default: `name({ … })`. */
  access?: 'index'
}

/** One task's JavaScript world. Executes one step at a time. */
export interface Session extends AsyncDisposable {
  /**
   * Runs a step's code until it ends and the calls that it awaits have ended. Nothing that the guest does makes it
   * reject. @throws DivergedError if a recorded step makes other calls than the journal has; SandboxError if the world
   * cannot be kept or rebuilt
   */
  execute(step: StepRequest, host: StepHost): Promise<Observation>
  /** The step of the restored checkpoint, if any, and the checkpoints that did not give the recorded world. */
  readonly restored?: { step?: number; refused: { step: number; reason: string }[] }
  /** Writes a checkpoint of the world after the last step. Some sandboxes cannot. */
  checkpoint?(): Promise<Checkpoint | { refused: string }>
}

/** A step for {@link Session.execute}. */
export interface StepRequest {
  /** Number of the step in the task, from 1. */
  step: number
  /** JavaScript or TypeScript. */
  code: string
  /** Unix milliseconds: the world's time at the start of the step. */
  clock: number
  /** Seed of the step's randomness. Default: the world's seed. Steps before a fork keep the seed of the forked task. */
  seed?: string
  /** The recorded part of this step. Its inputs are delivered first, and its calls are not made again. */
  recorded?: RecordedStep
}

/** A step in the journal. Inputs are in the order of delivery. */
export interface RecordedStep {
  inputs: TurnInput[]
  turns: TurnOutput[]
  /** True if the step ended. Otherwise it continues live after its last input. */
  ended: boolean
  /** The voided turn that ended the step. Its input is not among `inputs`. */
  voided?: VoidedTurn
  /** Looks up a call's recorded arguments, as encoded text, for messages. */
  argsOf?(call: string): string | undefined
}

/** One input to a world after the step's code. Holds one outcome. The order of delivery is the order of the queue. */
export type TurnInput =
  | { kind: 'outcome'; outcome: DeliveredOutcome; clock: number }
  | { kind: 'cancel'; reason: string; clock: number }

/** A call's outcome for the guest. `value` is encoded text (see `encodeValue`). */
export type DeliveredOutcome = { id: string } & (
  | { ok: true; value: string }
  | { ok: false; reason: string; message: string }
)

/** Output of a turn: the guest ran on one input until it was idle. Turn 0 is the step's code. */
export interface TurnOutput {
  step: number
  turn: number
  /** Calls that the turn made, in order. `argsHash` is a digest of the arguments, or a short text itself. */
  calls: { id: string; name: string; argsHash: string }[]
  /** True if the step's code has ended or gave the final answer. */
  done: boolean
  cpuMs: number
}

/** A turn that was killed or stopped. None of its effects remain, and none of its calls were made. */
export interface VoidedTurn {
  step: number
  turn: number
  reason: 'timeout' | 'out-of-memory' | 'canceled' | 'crashed'
  /** Explains the reason. */
  message?: string
  /** The input of the turn. Absent for turn 0, whose input is the step's code. */
  lost?: TurnInput
}

/** A call that guest code made. `id` is `<step>.<n>` and the same in every replay. */
export interface GuestCall {
  id: string
  step: number
  turn: number
  name: string
  args: unknown
  /** `args` as encoded text, for the journal and the hash. */
  argsText: string
}

/** The host's side of a step. The session calls the methods in the order of events. */
export interface StepHost {
  readonly signal: AbortSignal
  /** Unix milliseconds. */
  now(): number
  /** The guest made a live call. Resolves with its outcome and never rejects. */
  call(call: GuestCall, signal: AbortSignal, wait: CallWait): Promise<CallOutcome>
  /** A live input is about to be delivered. Not called for recorded inputs. */
  delivered?(input: TurnInput): void
  /** A turn has committed. `replayed` is true for a recorded turn. */
  committed?(turn: TurnOutput, replayed: boolean): void
  /** A turn was voided. */
  voided?(turn: VoidedTurn): void
  /** The guest printed a line. Not called during replay. */
  printed?(line: string): void
}

/** Result of a step. */
export interface Observation {
  status: 'ok' | 'error' | 'timeout' | 'out-of-memory' | 'canceled'
  /** The value of the last expression, readable and bounded. Empty if there is none. */
  preview: string
  /** Console output, bounded. A marker says how much is missing. */
  printed: string
  error?: GuestError
  /** Present if the code called `finalAnswer`. */
  final?: { value: unknown }
  /** The encoded text of `final.value`, if the sandbox has it: encoding a long answer again takes long. */
  finalText?: string
  /** Present if a turn was voided. Tells the model what was lost and why. */
  lost?: string
  /** Every call of the step, in order. */
  calls: CallReport[]
  usage: { wallMs: number; cpuMs: number; turns: number }
  /** Hash of all globals after the step. Equal worlds have equal hashes. */
  worldHash?: string
}

/** An error that guest code did not catch, as text, because no guest object may reach the host. */
export interface GuestError {
  name: string
  message: string
  /** Line and column in the agent's own source, from 1. */
  line?: number
  column?: number
  /** The offending source line with a caret below it. */
  excerpt?: string
}

/** A call of a step, for its observation. */
export interface CallReport {
  id: string
  name: string
  args: unknown
  ok: boolean
  /** Present if `ok` is false. */
  reason?: string
  message?: string
  ms: number
  /** False if the code did not wait for the call. */
  awaited: boolean
}
