import {
  type RunDetails,
  type RunReply,
  type RunRequestInput,
  type RunSummary,
  requestRun,
} from '@bailiwick/bus'
import type { Client } from './connect.ts'

interface AskOptions {
  signal?: AbortSignal
}

/** All that is known of a run: its tasks, calls that wait for a decision, its result. */
export function getRun(client: Client, run: string, options: AskOptions = {}): Promise<RunDetails> {
  return requestRun(client, 'get', { run }, options)
}

/** The latest runs. `limit` is at most 1,000; default 50. */
export async function listRuns(
  client: Client,
  { limit, ...options }: AskOptions & { limit?: number } = {},
): Promise<RunSummary[]> {
  const { runs } = await requestRun(client, 'list', limit === undefined ? {} : { limit }, options)
  return runs
}

/** Asks for the end of a run. It has ended when its `run.ended` event comes. */
export function cancelRun(
  client: Client,
  run: string,
  { reason, ...options }: AskOptions & { reason?: string } = {},
): Promise<RunReply<'cancel'>> {
  return requestRun(client, 'cancel', reason === undefined ? { run } : { run, reason }, options)
}

/** A person's decision on a call that waits for one (see `asked` of {@link getRun}). */
export type CallDecision = RunRequestInput<'decide'>

/** Decides on a waiting call. @returns false if the call no longer waits */
export async function decideCall(
  client: Client,
  decision: CallDecision,
  options: AskOptions = {},
): Promise<boolean> {
  return (await requestRun(client, 'decide', decision, options)).accepted
}
