import type { CloudEvent } from '@bailiwick/bus'
import { count, duration } from './format.ts'
import type { ShownRun } from './run-model.ts'

/** What a log shows of an event, after it was taken into the picture; undefined for what is of no interest there. */
export function plainLine(shown: ShownRun, name: string, event: CloudEvent): string | undefined {
  const task = shown.tasks.get(event.task)
  const who = task === undefined ? '' : `${task.name} (${task.agent})`
  switch (name) {
    case 'run.submitted':
      return `run ${shown.run} submitted`
    case 'run.planned':
      return `plan: ${shown.planned.map((planned) => spellPlanned(planned)).join('; ')}`
    case 'task.started':
      return task !== undefined && task.attempt > 1 ? `${who} taken up again` : `${who} started`
    case 'call.started':
      return `${who} step ${String(event.data.step)}: ${String(event.data.name)}`
    case 'call.refused':
      return `${who} step ${String(event.data.step)}: ${String(event.data.name)} refused`
    case 'call.asked':
      return `${who} step ${String(event.data.step)}: asks to call ${String(event.data.name)}; see "bailiwick show ${shown.run}", then "bailiwick approve ${shown.run}" or "bailiwick reject ${shown.run}"`
    case 'task.ended':
      return task === undefined ? undefined : `${who} ${task.status}${why(task)}${spent(task)}`
    case 'run.cancel-requested':
      return 'canceling'
    case 'run.ended': {
      const took = (shown.endedAt ?? 0) - (shown.submittedAt ?? 0)
      return `run ${shown.run} ${shown.status}${why(shown)} in ${duration(took)}, ${count(shown.tokens)} tokens`
    }
    default:
      return undefined
  }
}

function why({ errorCode }: { errorCode?: string }): string {
  return errorCode === undefined ? '' : ` (${errorCode})`
}

function spent({
  step,
  tokens,
  startedAt,
  endedAt,
}: {
  step: number
  tokens: number
  startedAt?: number
  endedAt?: number
}): string {
  const took = startedAt === undefined || endedAt === undefined ? '' : `, ${duration(endedAt - startedAt)}`
  return `: ${step} ${step === 1 ? 'step' : 'steps'}, ${count(tokens)} tokens${took}`
}

function spellPlanned({ name, agent, after }: { name: string; agent: string; after: string[] }): string {
  return `${name} ${agent}${after.length === 0 ? '' : ` after ${after.join(', ')}`}`
}
