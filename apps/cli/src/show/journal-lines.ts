import type { RunReply } from '@bailiwick/bus'
import type { JournalRecord } from '@bailiwick/contract'
import { duration, spent } from './format.ts'

/** One record of a task's journal, for people: what the model said, what was done, what came of it. */
export function journalLines(record: JournalRecord): string[] {
  switch (record.type) {
    case 'task.created':
      return [`task ${record.task} for ${record.agent}, level ${record.grant.level}`, ...indent(record.text)]
    case 'task.started':
      return [`attempt ${record.attempt} on ${record.host}`]
    case 'task.suspended':
      return ['left in order, for the next host']
    case 'turn.restarted':
      return [`  turn ${record.turn} is begun again: a host died in it`]
    case 'step.replied':
      return [
        `step ${record.step}: ${record.model} replied, ${spent(record.usage)}`,
        ...indent(record.text),
        ...record.calls.map((call) => `  call ${call.name}(${JSON.stringify(call.arguments)})`),
      ]
    case 'call.started':
      return [`  ${record.call} ${record.name}(${cut(record.arguments)})`]
    case 'call.ended':
    case 'call.late': {
      const came = record.ok
        ? cut(record.value ?? '')
        : `${record.reason ?? 'failed'}: ${record.message ?? ''}`
      return [
        `  ${record.call} ${record.type === 'call.late' ? 'came late' : 'came back'} in ${duration(record.ms)}: ${came}`,
      ]
    }
    case 'step.ended':
      return [`step ${record.step} observed (${record.status})`, ...indent(record.observation)]
    case 'call.refused':
      return [`  ${record.name} refused: ${record.reason}`]
    case 'turn.voided':
      return [`  turn ${record.turn} undone: ${record.reason}${record.message ? `, ${record.message}` : ''}`]
    case 'step.checkpointed':
      return [`step ${record.step}: world written down, ${record.text.length} characters`]
    case 'step.checkpoint-refused':
      return [`step ${record.step}: its checkpoint was left aside`, ...indent(record.reason)]
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
      const told =
        error?.message ?? (typeof output === 'string' ? output : JSON.stringify(output, undefined, 2))
      return [`ended: ${status}`, ...indent(told ?? '')]
    }
    case 'step.started':
    case 'turn.committed':
      return [] // The code is in the reply, the turn in its calls.
    default: {
      const { type, at: _at, ...rest } = record
      return [`${type} ${cut(JSON.stringify(rest))}`]
    }
  }
}

/** What this version cannot read of a task's journal, as it stands there. */
export function unreadableLines({
  message,
  reason,
  text,
}: RunReply<'journal'>['unreadable'][number]): string[] {
  return [`message ${message} cannot be read:`, ...indent(`${reason}\n${text}`)]
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `    ${line}`)
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
}
