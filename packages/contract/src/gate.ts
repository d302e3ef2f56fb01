import { z } from 'zod'
import type { ArtifactRef } from './task.ts'
import type { Usage } from './usage.ts'

/** A call that a model's reply or guest code wants to make. */
export interface CallRequest {
  /** Unique within the task: `<step>.<n>`. */
  id: string
  step: number
  /** The turn of the step's code that made the call. Absent for JSON calls. */
  turn?: number
  /** Name of a tool or a delegate. */
  name: string
  /** The one argument object, unvalidated. */
  args: unknown
}

/** Why a call failed. With `unknown-outcome`, the call may have taken effect. */
export const callFailureSchema = z.lazy(() => z.enum(['error', 'refused', 'unknown-outcome', 'canceled']))
export type CallFailure = z.infer<typeof callFailureSchema>

/** How a call ended. `ms` is the wall time from admission to end. */
export type CallOutcome = { id: string; ms: number } & (
  | {
      ok: true
      value: unknown
      /** What a delegate has used. The caller pays for it, and its code does not see it. */
      usage?: Usage
      /** The files that a delegate returned. */
      artifacts?: ArtifactRef[]
    }
  | {
      ok: false
      reason: CallFailure
      message: string
      /** The same call may succeed later. */
      transient?: true
    }
)

/**
 * Reports when a call waits for a person or a delegate. Such time does not count toward the time that a step may wait
 * for calls.
 */
export interface CallWait {
  /** The call begins to wait for a person or a delegate. */
  pause(): void
  resume(): void
}

/** Decides about every call: allows it, asks a person about it, or refuses it. */
export interface Gate {
  /** Never rejects. Every failure is an outcome, with a message for the model. */
  call(request: CallRequest, signal: AbortSignal, wait?: CallWait): Promise<CallOutcome>
}
