import { type Bus, markText, type RunReply, type RunRequest } from '@bailiwick/bus'
import { hasCode, InputError, type JournalRecord, type RecordOf } from '@bailiwick/contract'
import { foldTaskView, type TaskView } from '@bailiwick/core/journal'
import { readTaskLeniently } from './state/read-journals.ts'
import { RunLog } from './state/run-log.ts'

/**
 * Journals a person's decision on a call that waits for one. From here on it survives every process; the coordinator
 * that drives the run brings it to the task. Of several decisions on a call, the first in the run's journal counts.
 *
 * @returns `accepted: false` if no such call waits, it was decided before, or its step ended in the same instant
 * @throws InputError if the person saw other arguments
 */
export async function decideCall(
  bus: Bus,
  { run, task, call, decision, reason, shown }: RunRequest<'decide'>,
  by: string,
): Promise<RunReply<'decide'>> {
  const log = new RunLog(bus, run)
  for (;;) {
    const state = await log.load()
    const isOpen = state !== undefined && state.ended === undefined && state.cancel === undefined
    if (!isOpen || state.decisions?.has(`${task}/${call}`)) return { accepted: false }
    const { asked } = await readQuestion(bus, { run, task, call })
    if (asked === undefined) return { accepted: false }
    const { sha256 } = markText(asked.arguments)
    if (shown !== undefined && shown !== sha256) {
      throw new InputError(
        `Expected a decision on the arguments of call ${call} (sha256 ${sha256}), found one on others (${shown}). Look at the call again.`,
      )
    }
    log.add({
      type: 'run.decided',
      at: Date.now(),
      task,
      call,
      decision,
      ...(reason !== undefined && { reason }),
      by,
    })
    try {
      await log.flush()
    } catch (error) {
      // The run went on meanwhile, or another decision came first: look again.
      if (!hasCode(error, 'fenced')) throw error
      continue
    }
    // Its step may have ended since. Then nothing uses the decision.
    const after = await readQuestion(bus, { run, task, call })
    return { accepted: after.asked !== undefined || after.isTaken }
  }
}

/** A call's question, while it waits for a decision, and whether a host has taken one, from the journal of its task. */
async function readQuestion(
  bus: Bus,
  { run, task, call }: { run: string; task: string; call: string },
): Promise<{ asked?: RecordOf<'call.asked'>; isTaken: boolean }> {
  try {
    const { records } = await readTaskLeniently(bus, run, task)
    let view: TaskView<JournalRecord> | undefined
    for (const record of records) view = foldTaskView(view, record)
    const asked = view?.asked.find((one) => one.call === call)
    const isTaken = records.some((record) => record.type === 'call.decided' && record.call === call)
    return { ...(asked !== undefined && { asked }), isTaken }
  } catch (error) {
    if (error instanceof InputError) return { isTaken: false } // The run has no such task.
    throw error
  }
}
