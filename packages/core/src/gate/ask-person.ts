import type { CallRequest, Effect, Grant, JournalRecord } from '@bailiwick/contract'
import type { TaskState } from '../journal/task-state.ts'
import { untilAborted } from './until-aborted.ts'

/** Asks a person about a call. Waits as long as it takes; the signal ends it. */
export type Approve = (
  request: CallRequest & { effect: Effect },
  signal: AbortSignal,
) => Promise<boolean | { approved: boolean; by: string; note?: string }>

/** Whether a grant wants a person's yes before a call of this effect. */
export function needsPerson({ approval }: Grant, effect: Effect): boolean {
  return approval === 'always' || (approval === 'risky' && effect === 'once')
}

interface Asking {
  state: TaskState
  approve?: Approve | undefined
  write(record: JournalRecord): void
  flushed(): Promise<void>
  now(): number
}

/**
 * Asks, unless the journal has the answer. Question and answer are journaled, so that a restart asks
 * nobody twice.
 *
 * @returns why the call may not be made; nothing when it may
 */
export async function askPerson(
  { state, approve, write, flushed, now }: Asking,
  { id, step, name }: CallRequest,
  effect: Effect,
  { args, argsText }: { args: unknown; argsText: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  let answer: { approved: boolean; by: string; note?: string | undefined } | undefined =
    state.approvals.get(id)
  if (answer === undefined) {
    if (approve === undefined) return `${name} needs a person’s approval, and nobody can be asked here`
    if (!state.asked.has(id)) write({ type: 'asked', at: now(), step, id, name, args: argsText })
    await flushed()
    const said = await untilAborted(approve({ id, step, name, args, effect }, signal), signal)
    answer = typeof said === 'boolean' ? { approved: said, by: 'operator' } : said
    const { approved, by, note } = answer
    write({ type: 'answered', at: now(), id, approved, by, ...(note !== undefined && { note }) })
  }
  const why = answer.note ? `: ${answer.note}` : ''
  return answer.approved ? undefined : `${answer.by} did not approve ${name}${why}`
}
