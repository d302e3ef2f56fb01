import { z } from 'zod'

/** A call that somebody (a model's reply, or guest code) wants to make. */
export interface CallRequest {
  /** Unique within the task: `<step>.<n>`. */
  id: string
  step: number
  /** The turn of the session that it left at; 0 for JSON calls. */
  turn?: number
  /** A tool's or a delegate's name. */
  name: string
  /** The one argument object, unvalidated. */
  args: unknown
}

export const callFailureSchema = z.lazy(() => z.enum(['error', 'refused', 'unknown-outcome', 'canceled']))
export type CallFailure = z.infer<typeof callFailureSchema>

/** How a call ended. `ms` is wall time from admission to end. */
export type CallOutcome = { id: string; ms: number } & (
  | { ok: true; value: unknown }
  | { ok: false; reason: CallFailure; message: string }
)

/** The one place that every call passes and where it is allowed, asked about, or refused. */
export interface Gate {
  /** Never rejects: every failure is an outcome, worded for the model. */
  call(request: CallRequest, signal: AbortSignal): Promise<CallOutcome>
}
