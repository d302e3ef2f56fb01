import {
  type RunDetails,
  type RunReply,
  type RunRequestInput,
  type RunSummary,
  requestRun,
} from '@bailiwick/bus'
import type { Client } from './connect.ts'

/** Options of one request. */
interface RequestOptions {
  /** Ends the wait for the reply. */
  signal?: AbortSignal
}

/**
 * Gets the state of a run: its tasks, the calls that wait for a decision, its result.
 *
 * @throws BusError `no-responder` if no coordinator is running, or the coordinator's refusal.
 * @example
 * const { status, asked } = await getRun(client, run)
 */
export function getRun(client: Client, run: string, options: RequestOptions = {}): Promise<RunDetails> {
  return requestRun(client, 'get', { run }, options)
}

/**
 * Lists the latest runs.
 *
 * @param options `limit` is 50 by default and at most 1,000
 * @throws as {@link getRun}.
 * @example
 * for (const { run, status } of await listRuns(client, { limit: 10 })) console.log(run, status)
 */
export async function listRuns(
  client: Client,
  { limit, ...options }: RequestOptions & { limit?: number } = {},
): Promise<RunSummary[]> {
  const { runs } = await requestRun(client, 'list', { ...(limit !== undefined && { limit }) }, options)
  return runs
}

/**
 * Requests the end of a run. The run has ended when its `run.ended` event arrives.
 *
 * @throws as {@link getRun}.
 * @example
 * await cancelRun(client, run, { reason: 'no longer needed' })
 */
export function cancelRun(
  client: Client,
  run: string,
  { reason, ...options }: RequestOptions & { reason?: string } = {},
): Promise<RunReply<'cancel'>> {
  return requestRun(client, 'cancel', { run, ...(reason !== undefined && { reason }) }, options)
}

/** A person's decision on a call that waits for one. `asked` of {@link getRun} lists these calls. */
export type CallDecision = RunRequestInput<'decide'>

/**
 * Approves or rejects a call that waits for a decision.
 *
 * @returns false if the call no longer waits
 * @throws as {@link getRun}.
 * @example
 * await decideCall(client, { run, task, call, decision: 'approve', reason: 'within the limit' })
 */
export async function decideCall(
  client: Client,
  decision: CallDecision,
  options: RequestOptions = {},
): Promise<boolean> {
  return (await requestRun(client, 'decide', decision, options)).accepted
}
