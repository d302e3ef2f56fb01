import type { GuestError } from '@bailiwick/contract/world'

/** A world before its first step. */
export interface OpenWorld {
  /** The encoded text of each input, by name. */
  inputs: Record<string, string>
  /** What code is told that uses the name of a file as a variable, by name. */
  files?: Record<string, string>
  functions: { name: string; required: string[]; properties: string[]; access?: 'index' }[]
  clock: number
  limits: { sourceChars: number; checkpointChars: number } & Record<string, number>
}

/** A package that a step imports: its bundle, or the reason why there is none. */
export type BundleAnswer = { name: string; source: string } | { name: string; refused: string }

/** The outcome of a step. */
export interface StepEnd {
  preview: string
  /** The final answer as encoded text. */
  final?: string
  error?: GuestError
  /** Printed characters and lines beyond the limit. */
  missingChars: number
  missingLines: number
  /** The world's hash after the step. */
  hash?: string
}

/** A frame from parent to child, one per line. Every entry into the guest carries its time limit. */
export type ToChild =
  /** With `checkpoint`, the child restores the world from that text, which contains the inputs. */
  | { type: 'open'; world: OpenWorld; memoryMb: number; checkpoint?: string }
  | { type: 'step'; step: number; code: string; clock: number; seed: string; budgetMs: number }
  | { type: 'modules'; modules: BundleAnswer[]; budgetMs: number }
  | { type: 'outcome'; id: string; ok: true; value: string; clock: number; budgetMs: number }
  | {
      type: 'outcome'
      id: string
      ok: false
      reason: string
      message: string
      clock: number
      budgetMs: number
    }
  | { type: 'cancel'; reason: string; clock: number; budgetMs: number }
  | { type: 'end' }
  /** Asks for the world as text. Sent between two steps. */
  | { type: 'checkpoint' }

/** A call that guest code made. `args` is encoded text. */
export interface MadeCall {
  id: string
  name: string
  args: string
}

/**
 * A frame from child to parent. Texts beyond {@link PART_CHARS} precede their frame in `part` frames and are '' in it.
 * The parent bounds the number and the length of all fields, because guest code may have taken over the child.
 */
export type ToParent =
  | { type: 'ready' }
  /** `hash` is that of a restored world. */
  | { type: 'opened'; hash?: string }
  | { type: 'checkpoint'; text: string; refused?: string }
  | { type: 'need'; names: string[] }
  | { type: 'print'; lines: string[] }
  /** The code asked for a package that was not granted. */
  | { type: 'refused'; name: string; message: string }
  | { type: 'part'; text: string }
  /** Calls of the current turn that do not fit into its own frame. */
  | { type: 'calls'; calls: MadeCall[] }
  | { type: 'turn'; cpuMs: number; wallMs: number; calls: MadeCall[]; end?: StepEnd }
  | { type: 'ended'; end: StepEnd }
  | { type: 'stopped'; reason: 'timeout' | 'out-of-memory' | 'crashed'; message: string }

/** The longest text in one frame, in characters. It bounds the time that one frame costs the parent. */
export const PART_CHARS = 65_536

/** Packages that one step may import. */
export const MAX_IMPORTS = 100

/** Refused imports that the child reports in one step. Later ones still fail for the code. */
export const MAX_REFUSED_IMPORTS = 100

/** Unhandled rejections whose reasons one step prints. */
export const MAX_REJECTIONS = 20

/** The longest reason of an unhandled rejection that is printed, characters. */
export const MAX_REJECTION_CHARS = 300

/** Lines in one `print` frame. */
export const MAX_LINES = 4_096

/** Calls in one frame. */
export const MAX_CALLS = 1_000

/** The longest name, message or excerpt in a frame, characters. */
export const MAX_TEXT_CHARS = 10_000

/** The longest frame that the parent accepts, in bytes. A child that sends a longer one breaks the protocol. */
export const MAX_FRAME_BYTES = 1_048_576
