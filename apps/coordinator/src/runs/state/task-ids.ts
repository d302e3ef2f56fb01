import { createHash } from 'node:crypto'

/** Reserved names of the coordinator's own tasks. */
export const PLAN = 'plan'
export const ANSWER = 'answer'

/** The id of an attempt at a task of the plan. The same attempt always has the same id. */
export function taskId(run: string, name: string, attempt: number): string {
  return attempt === 1 ? `${run}-${name}` : `${run}-${name}-${attempt}`
}

/** The id of a task that a call of another task started. It has a fixed length at any depth of delegation. */
export function delegatedTaskId(run: string, parentTask: string, call: string): string {
  const digest = createHash('sha256').update(`${parentTask}/${call}`).digest('hex').slice(0, 16)
  return `${run}-d${digest}`
}
