import type { RunView } from '@bailiwick/bus'
import type { Decision } from '@bailiwick/contract'
import { CodedError } from '../frame/coded-error.ts'
import type { CommandContext } from '../frame/command.ts'
import { UsageError } from '../frame/usage-error.ts'

/** What `approve` and `reject` say about the call that they decide on. */
export const CALL_DETAILS =
  'An agent with approval "risky" or "always" waits for this before such a call. "bailiwick show <run>" lists the waiting calls. Name the call if several wait.'

/** Option of `approve` and `reject`: call ids are unique within a task only. */
export const TASK_OPTION = {
  task: { type: 'string', value: 'id', help: 'its task, if calls of several tasks have this id' },
} as const

/**
 * Decides on a waiting call: the one named, or the only one.
 *
 * @throws CodedError `not-asked` if that call does not wait; UsageError if several calls wait and none is named
 */
export async function decideCall(context: CommandContext, decided: Decision): Promise<void> {
  const [run = '', call] = context.words
  const { withDaemon } = await import('./use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  await withDaemon(context, async (bus) => {
    const waiting = findCall(await requestRun(bus, 'get', { run }), call, context.options.task)
    const request = { run, task: waiting.task, call: waiting.call, ...decided }
    const { accepted } = await requestRun(bus, 'decide', request)
    if (!accepted) throw new CodedError('not-asked', `call ${waiting.call} no longer waits`)
    const done = { approve: 'approved', reject: 'rejected' }[decided.decision]
    context.print(context.json ? JSON.stringify(request) : `${done} ${waiting.name}(${waiting.arguments})`)
  })
}

type WaitingCall = RunView['asked'][number]

function findCall({ run, asked }: RunView, call: unknown, task: unknown): WaitingCall {
  const found = asked.filter(
    (one) => (call === undefined || one.call === call) && (task === undefined || one.task === task),
  )
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const list = asked.map((one) => `  ${one.call} --task ${one.task}: ${one.name}(${one.arguments})`)
  if (only !== undefined) throw new UsageError(`several calls wait; name one:\n${list.join('\n')}`)
  if (asked.length === 0) throw new CodedError('not-asked', `no call of run ${run} waits for a decision`)
  throw new CodedError('not-asked', `that call does not wait; these calls do:\n${list.join('\n')}`)
}
