import type { RunReply } from '@bailiwick/bus'
import type { JournalRecord } from '@bailiwick/contract'
import { duration, spent } from './format.ts'

const DECIDED = { approve: 'approved', reject: 'rejected' } as const

/** Formats one record of a task's journal for people. */
export function journalLines(record: JournalRecord): string[] {
  switch (record.type) {
    case 'task.created':
      return [`task ${record.task} for ${record.agent}, level ${record.grant.level}`, ...indent(record.text)]
    case 'task.started':
      return [`attempt ${record.attempt} on ${record.host}`]
    case 'task.suspended':
      return ['suspended for the next host']
    case 'task.waiting':
      return [`left by its host until ${record.calls.join(', ')} can go on`]
    case 'turn.restarted':
      return [`  turn ${record.turn} restarted because its host died`]
    case 'step.replied':
      return [
        `step ${record.step}: ${record.model} replied, ${spent(record.usage)}`,
        ...indent(record.text),
        ...record.calls.map((call) => `  call ${call.name}(${JSON.stringify(call.arguments)})`),
      ]
    case 'call.started':
      return [`  ${record.call} ${record.name}(${cut(record.arguments)})`]
    case 'call.asked':
      return [`  ${record.call} waiting for approval: ${record.name}(${cut(record.arguments)})`]
    case 'call.decided':
      return [
        `  ${record.call} ${DECIDED[record.decision]} by ${record.by}${record.reason === undefined ? '' : `: ${record.reason}`}`,
      ]
    case 'call.withdrawn':
      return [`  ${record.call} no longer waiting for approval: the step ended`]
    case 'call.ended':
    case 'call.late': {
      const late = record.type === 'call.late' ? ' late,' : ''
      const outcome = record.ok
        ? `returned${late} after ${duration(record.ms)}: ${cut(record.value ?? '')}`
        : `failed${late} after ${duration(record.ms)}: ${[record.reason, record.message].filter((part) => part !== undefined).join(': ')}`
      return [`  ${record.call} ${outcome}`]
    }
    case 'step.ended':
      return [`step ${record.step} ended: ${record.status}`, ...indent(record.observation)]
    case 'call.refused':
      return [`  ${record.name} refused: ${record.reason}`]
    case 'turn.voided':
      return [`  turn ${record.turn} voided: ${record.reason}${record.message ? `, ${record.message}` : ''}`]
    case 'step.checkpointed':
      return [`step ${record.step}: checkpoint of ${record.text.length} characters`]
    case 'step.checkpoint-refused':
      return [`step ${record.step}: checkpoint not used`, ...indent(record.reason)]
    case 'task.diverged':
      return [
        `diverged at step ${record.step}, turn ${record.turn}`,
        ...indent(`recorded ${record.recorded}\nreplayed ${record.replayed}`),
        ...(record.engines
          ? indent(
              `recorded on ${record.engines.recorded.join('; ')}\nreplayed on ${record.engines.replayed}`,
            )
          : []),
      ]
    case 'task.ended': {
      const { status, error, output } = record
      const text =
        error?.message ?? (typeof output === 'string' ? output : JSON.stringify(output, undefined, 2))
      return [`task ended: ${status}`, ...indent(text ?? '')]
    }
    case 'step.started':
    case 'turn.committed':
      return [] // The reply shows the code, and the calls show the turn.
    default: {
      const { type, at: _at, ...rest } = record
      return [`${type} ${cut(JSON.stringify(rest))}`]
    }
  }
}

/** Formats a message of a task's journal that this version cannot read. */
export function unreadableLines({
  message,
  reason,
  text,
}: RunReply<'journal'>['unreadable'][number]): string[] {
  return [`message ${message} is not readable:`, ...indent(`${reason}\n${text}`)]
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `    ${line}`)
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
}
