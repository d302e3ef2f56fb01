import type { BundleAnswer, OpenWorld } from '../child/open-world.ts'
import type { StepEnd } from '../child/read-end.ts'

/** Parent to child, a line each. Every entry into the guest carries the time it may take. */
export type ToChild =
  /** With `checkpoint`, the world as it was when that text was written; its inputs are in there. */
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
  /** Between two steps: the world as text. */
  | { type: 'checkpoint' }

/** A call that guest code made; `args` is encoded text. */
export interface MadeCall {
  id: string
  name: string
  args: string
}

/** Child to parent. Texts beyond {@link PART_CHARS} go ahead in `part` frames and are '' in their own. */
export type ToParent =
  | { type: 'ready' }
  /** With the hash of a world that was restored. */
  | { type: 'opened'; hash?: string }
  | { type: 'checkpoint'; text: string; refused?: string }
  | { type: 'need'; names: string[] }
  | { type: 'print'; lines: string[] }
  /** The code asked for a package that it may not have. */
  | { type: 'refused'; name: string; message: string }
  | { type: 'part'; text: string }
  /** Calls of the turn under way, where they are too many for its own frame. */
  | { type: 'calls'; calls: MadeCall[] }
  | { type: 'turn'; cpuMs: number; wallMs: number; calls: MadeCall[]; end?: StepEnd }
  | { type: 'ended'; end: StepEnd }
  | { type: 'stopped'; reason: 'timeout' | 'out-of-memory' | 'crashed'; message: string }

/** Longest text within one frame, characters: so that no frame costs the parent more than a moment. */
export const PART_CHARS = 65_536

/** Longest frame that the parent accepts from a child, bytes. Beyond it the child is taken for a liar. */
export const MAX_FRAME_BYTES = 1_048_576
