import type { RunAnswer } from '@bailiwick/bus'
import type { JournalRecord } from '@bailiwick/contract'
import { duration, spent } from './format.ts'

/** One record of a task's journal, for people: what the model said, what was done, what came of it. */
export function journalLines(record: JournalRecord): string[] {
  switch (record.type) {
    case 'task.created':
      return [
        `task ${record.spec.task} for ${record.spec.agent}, level ${record.spec.grant.level}`,
        ...indent(record.spec.text),
      ]
    case 'attempt':
      return [`attempt ${record.attempt} on ${record.host}`]
    case 'suspended':
      return ['left in order, for the next host']
    case 'turn.again':
      return [`  turn ${record.turn} is begun again: a host died in it`]
    case 'reply':
      return [
        `step ${record.step}: ${record.reply.model} replied, ${spent(record.reply.usage)}`,
        ...indent(record.reply.text),
        ...record.reply.calls.map((call) => `  call ${call.name}(${JSON.stringify(call.arguments)})`),
      ]
    case 'started':
      return [`  ${record.id} ${record.name}(${cut(record.args)})`]
    case 'outcome':
    case 'late': {
      const came = record.ok
        ? cut(record.value ?? '')
        : `${record.reason ?? 'failed'}: ${record.message ?? ''}`
      return [
        `  ${record.id} ${record.type === 'late' ? 'came late' : 'came back'} in ${duration(record.ms)}: ${came}`,
      ]
    }
    case 'observed':
      return [`step ${record.step} observed (${record.status})`, ...indent(record.text)]
    case 'policy.refused':
      return [`  ${record.name} refused: ${record.reason}`]
    case 'void':
      return [`  turn ${record.turn} undone: ${record.reason}${record.message ? `, ${record.message}` : ''}`]
    case 'checkpoint':
      return [`step ${record.step}: world written down, ${record.text.length} characters`]
    case 'checkpoint.refused':
      return [`step ${record.step}: its checkpoint was left aside`, ...indent(record.why)]
    case 'diverged':
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
      const { status, error, output } = record.result
      const told =
        error?.message ?? (typeof output === 'string' ? output : JSON.stringify(output, undefined, 2))
      return [`ended: ${status}`, ...indent(told ?? '')]
    }
    case 'step':
    case 'turn':
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
}: RunAnswer<'journal'>['unreadable'][number]): string[] {
  return [`message ${message} cannot be read:`, ...indent(`${reason}\n${text}`)]
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `    ${line}`)
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
}
