import type { Observation, VoidedTurn } from '@bailiwick/contract/world'
import type { StepResult } from './step-result.ts'

/** Makes the observation of a step from its result. */
export function observe(result: StepResult): Observation {
  const { end, final, voided, stopped, calls, usage } = result
  const observation: Observation = {
    status: 'ok',
    preview: end?.preview ?? '',
    printed: printedText(result),
    calls,
    usage,
  }
  if (voided !== undefined) {
    observation.status = voided.reason === 'crashed' ? 'error' : voided.reason
    observation.error = { name: NAMES[voided.reason], message: voided.message }
    observation.lost = lostText(voided)
    return observation
  }
  if (end?.hash !== undefined) observation.worldHash = end.hash
  if (stopped !== undefined) {
    observation.status = stopped.status
    observation.error = { name: NAMES[stopped.status], message: stopped.message }
  } else if (end?.error !== undefined) {
    observation.status = 'error'
    observation.error = end.error
  }
  if (final !== undefined) {
    observation.status = 'ok'
    delete observation.error
    observation.final = { value: final.value }
    observation.finalText = final.text
  }
  return observation
}

/** The observation of a step that was canceled before its code began. */
export function notStarted(message: string): Observation {
  return {
    status: 'canceled',
    preview: '',
    printed: '',
    error: { name: NAMES.canceled, message },
    calls: [],
    usage: { wallMs: 0, cpuMs: 0, turns: 0 },
  }
}

const NAMES = {
  timeout: 'TimeoutError',
  'out-of-memory': 'OutOfMemoryError',
  canceled: 'CanceledError',
  crashed: 'CrashedError',
}

function printedText({ printed, end }: StepResult): string {
  const text = printed.join('\n')
  const chars = end?.missingChars ?? 0
  if (chars === 0) return text
  const lines = end?.missingLines ?? 0
  const count = lines > 0 ? `${lines} more lines, ${chars} characters` : `${chars} more characters`
  return `${text}${text === '' ? '' : '\n'}… (${count} not shown)`
}

function lostText({ reason, lost, turn }: VoidedTurn): string {
  const why = {
    timeout: 'it ran too long',
    'out-of-memory': 'it used too much memory',
    canceled: 'it was canceled',
    crashed: 'its process ended',
  }[reason]
  if (turn === 0)
    return `The code was stopped because ${why}. Nothing that this step did remains; variables of earlier steps are intact.`
  const outcome = lost?.kind === 'outcome' ? `, including the outcome of call ${lost.outcome.id}` : ''
  return `The code was stopped because ${why}. Everything after its last await was undone${outcome}. Everything before it remains, and so do variables of earlier steps.`
}
