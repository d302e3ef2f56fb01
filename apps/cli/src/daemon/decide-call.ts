import type { RunDetails } from '@bailiwick/bus'
import { BailiwickError, type Decision } from '@bailiwick/contract'
import type { CommandContext } from '../command/define-command.ts'
import { UsageError } from '../command/usage-error.ts'

/** A waiting call. The call may be left out if it is the only one, and the task if no other has a call of this id. */
export interface CallReference {
  run: string
  call: string | undefined
  task: string | undefined
}

/**
 * Approves or rejects a waiting call.
 *
 * @throws BailiwickError `not-asked` if the call is not waiting; UsageError if several calls match
 */
export async function decideCall(
  context: CommandContext,
  reference: CallReference,
  decided: Decision,
): Promise<void> {
  const { withDaemon } = await import('./use-daemon.ts')
  const { markText, requestRun } = await import('@bailiwick/bus')
  await withDaemon(context, async (bus) => {
    const { run } = reference
    const waiting = findCall(await requestRun(bus, 'get', { run }), reference)
    const { sha256: shown } = markText(waiting.arguments)
    const request = { run, task: waiting.task, call: waiting.call, ...decided, shown }
    const { accepted } = await requestRun(bus, 'decide', request)
    if (!accepted) throw new BailiwickError('not-asked', `Call ${waiting.call} is no longer waiting.`)
    const done = { approve: 'approved', reject: 'rejected' }[decided.decision]
    context.print(context.json ? JSON.stringify(request) : `${done} ${waiting.name}(${waiting.arguments})`)
  })
}

type WaitingCall = RunDetails['asked'][number]

function findCall({ run, asked }: RunDetails, { call, task }: CallReference): WaitingCall {
  const found = asked.filter(
    (one) => (call === undefined || one.call === call) && (task === undefined || one.task === task),
  )
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const list = asked.map((one) => `  ${one.call} --task ${one.task}: ${one.name}(${one.arguments})`)
  if (only !== undefined) throw new UsageError(`Several calls are waiting. Name one:\n${list.join('\n')}`)
  if (asked.length === 0) throw new BailiwickError('not-asked', `No call of run ${run} is waiting.`)
  throw new BailiwickError(
    'not-asked',
    `Expected a waiting call, found ${call ?? `task ${task}`}. These calls are waiting:\n${list.join('\n')}`,
  )
}
