import type { EventEntry } from '@bailiwick/bus'
import { ownUsage, type TaskView } from '@bailiwick/core/journal'
import { count, duration } from './format.ts'
import { type RunPicture, shownStatus, shownUsage } from './run-picture.ts'

/**
 * Formats an event as a line of a log. Returns undefined for events that a log leaves out.
 *
 * @param picture the run, including this event
 * @param task the event's task
 */
export function logLine(picture: RunPicture, task: string, entry: EventEntry): string | undefined {
  const { run } = picture
  const view = picture.tasks.get(entry.type === 'run.decided' ? entry.task : task)
  const who = view === undefined ? '' : `${view.created.name} (${view.created.agent})`
  switch (entry.type) {
    case 'run.submitted':
      return `run ${run} submitted`
    case 'run.planned':
      return `plan: ${entry.tasks.map((planned) => plannedText(planned)).join('; ')}`
    case 'task.started':
      return entry.attempt > 1 ? `${who} restarted, attempt ${entry.attempt}` : `${who} started`
    case 'step.started':
      return `${who} step ${entry.step}: code`
    case 'call.started':
      return `${who} step ${entry.step}: ${entry.name}`
    case 'call.refused':
      return `${who} step ${entry.step}: ${entry.name} refused`
    case 'call.asked':
      return `${who} step ${entry.step}: waiting for approval of ${entry.name}. See "bailiwick show ${run}", then run "bailiwick approve ${run}" or "bailiwick reject ${run}".`
    case 'call.withdrawn': {
      const isDecided = picture.view?.decisions?.has(`${task}/${entry.call}`)
      return `${who} ${isDecided ? tooLate(entry.call) : `call ${entry.call} needs no decision any more, because its step has ended`}`
    }
    case 'run.decided':
      return picture.withdrawn.has(`${entry.task}/${entry.call}`)
        ? `${who} ${tooLate(entry.call)}`
        : undefined
    case 'task.ended':
      return view === undefined ? undefined : `${who} ${entry.status}${why(entry)}${spent(view)}`
    case 'run.cancel-requested':
      return 'canceling'
    case 'run.ended': {
      const took = entry.at - (picture.view?.submitted.at ?? entry.at)
      return `run ${run} ${shownStatus(picture)}${why(entry)} in ${duration(took)}, ${count(tokens(shownUsage(picture)))} tokens`
    }
    default:
      return undefined
  }
}

function tooLate(call: string): string {
  return `the decision on call ${call} came too late, because its step had ended`
}

function why({ error }: { error?: { code: string } | undefined }): string {
  return error === undefined ? '' : ` (${error.code})`
}

function spent(view: TaskView<EventEntry>): string {
  const { step, startedAt, ended } = view
  const took = startedAt === undefined || ended === undefined ? '' : `, ${duration(ended.at - startedAt)}`
  return `: ${step} ${step === 1 ? 'step' : 'steps'}, ${count(tokens(ownUsage(view)))} tokens${took}`
}

function tokens({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): number {
  return inputTokens + outputTokens
}

function plannedText({ name, agent, after }: { name: string; agent: string; after: string[] }): string {
  return `${name} ${agent}${after.length === 0 ? '' : ` after ${after.join(', ')}`}`
}
