import type { Budget, TaskResult } from '@bailiwick/contract'

/** A call to an agent, admitted by the gate. */
export interface DelegateRequest {
  /** The call's id within the parent's task: asking twice with one id is one delegation. */
  call: string
  /** Idempotency key: task and call. */
  key: string
  run: string
  /** The parent's task. */
  task: string
  /** The agent asked for. */
  target: string
  /** The child's task in words. */
  text: string
  /** Values by name, for the child. */
  inputs: Record<string, unknown>
  /** The child's part of the parent's budget; what it leaves goes back. */
  budget: Budget
  signal: AbortSignal
}

/** Starts an agent and waits for it. Resolves however the child ended; rejects when it could not be started. */
export type Delegate = (request: DelegateRequest) => Promise<TaskResult>
