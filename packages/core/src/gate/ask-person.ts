import type { CallRequest, Decision, Effect, Grant, JournalRecord } from '@bailiwick/contract'
import type { TaskWorld } from '../journal/task-world.ts'
import { untilAborted } from './until-aborted.ts'

/** Asks a person to decide on a call; `true` approves it. Waits without a limit until the signal aborts. */
export type Approve = (
  request: CallRequest & { effect: Effect },
  signal: AbortSignal,
) => Promise<boolean | (Decision & { by: string })>

/** Whether a call of this effect needs a person's approval under this grant. */
export function needsPerson({ approval }: Grant, effect: Effect): boolean {
  return approval === 'always' || (approval === 'risky' && effect === 'once')
}

interface Asking {
  state: TaskWorld
  approve?: Approve | undefined
  write(record: JournalRecord): void
  flushed(): Promise<void>
  now(): number
}

/**
 * Asks a person, unless the journal holds the decision. The question and the decision are journaled, so a
 * restarted host does not ask again.
 *
 * @returns why the call is refused, or undefined if it is approved
 */
export async function askPerson(
  { state, approve, write, flushed, now }: Asking,
  { id, step, name }: CallRequest,
  effect: Effect,
  { args, argsText }: { args: unknown; argsText: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  let decided: (Decision & { by: string }) | undefined = state.decisions.get(id)
  if (decided === undefined) {
    if (approve === undefined) return `${name} needs a person’s approval, and nobody can be asked here`
    if (!state.asked.some(({ call }) => call === id)) {
      write({ type: 'call.asked', at: now(), step, call: id, name, arguments: argsText })
    }
    await flushed()
    const said = await untilAborted(approve({ id, step, name, args, effect }, signal), signal)
    decided = typeof said === 'boolean' ? { decision: said ? 'approve' : 'reject', by: 'operator' } : said
    const { decision, by, reason } = decided
    write({
      type: 'call.decided',
      at: now(),
      call: id,
      decision,
      by,
      ...(reason !== undefined && { reason }),
    })
    // If this host dies now, the next one must not ask for another decision.
    await flushed()
  }
  if (decided.decision === 'approve') return undefined
  return `${decided.by} rejected ${name}${decided.reason ? `: ${decided.reason}` : ''}`
}

/** Withdraws the open questions of a step that ends, because nothing waits for the decisions any more. */
export function withdrawQuestions(task: {
  state: TaskWorld
  record(record: JournalRecord): void
  now(): number
}): void {
  const { state, record, now } = task
  for (const { step, call } of state.asked) record({ type: 'call.withdrawn', at: now(), step, call })
}
