import { type RunAnswer, type RunSummary, type RunView, requestRun } from '@bailiwick/bus'
import type { Client } from './connect.ts'

interface AskOptions {
  signal?: AbortSignal
}

/** All that is known of a run: its tasks, calls that wait for a yes, its result. */
export function getRun(client: Client, run: string, options: AskOptions = {}): Promise<RunView> {
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
): Promise<RunAnswer<'cancel'>> {
  return requestRun(client, 'cancel', reason === undefined ? { run } : { run, reason }, options)
}

/** A yes or no to a call that waits for one (`asked` of {@link getRun}). */
export interface ApprovalAnswer {
  run: string
  task: string
  call: string
  approved: boolean
  /** For the agent, in words. */
  note?: string
}

/** Answers a call that waits for somebody's yes. False: it no longer waits. */
export async function answer(
  client: Client,
  reply: ApprovalAnswer,
  options: AskOptions = {},
): Promise<boolean> {
  return (await requestRun(client, 'answer', reply, options)).accepted
}
