import type { Queue } from './evidence.ts'

/** Whether nothing is left of the tasks: no message, none that somebody holds, none given up. */
export function judgeQueue({ messages, consumers }: Queue, dead: readonly string[]): string[] {
  const problems: string[] = []
  if (messages > 0) problems.push(`${messages} messages are left in the stream TASK`)
  for (const { name, pending, unacknowledged } of consumers) {
    if (pending > 0) problems.push(`${pending} tasks wait for ${name}`)
    if (unacknowledged > 0) problems.push(`${unacknowledged} tasks of ${name} are un-acknowledged`)
  }
  if (consumers.length === 0) problems.push('the stream TASK has no consumer')
  return [...problems, ...dead.filter(isDeadLetter).map((text) => `a dead letter: ${text}`)]
}

/** The server also tells of bells that were taken down while somebody held them: those are rung anew. */
function isDeadLetter(text: string): boolean {
  const { type, reason } = JSON.parse(text)
  return !(String(type).endsWith('.terminated') && reason === 'Unacknowledged message was deleted')
}
