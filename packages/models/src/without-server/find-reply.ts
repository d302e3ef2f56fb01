import { ModelError, type ModelLane } from '@bailiwick/contract'
import type { ParsedScript, ScriptedReply } from './script.ts'

/** The reply for a lane. @throws ModelError `model-script` that says which lane has none, and what there is. */
export function findReply(script: ParsedScript, lane: ModelLane, source: string): ScriptedReply {
  const tasks = script[lane.agent] ?? script['*']
  const replies = tasks?.[lane.task] ?? tasks?.['*']
  const reply = replies?.[lane.step - 1]
  if (reply !== undefined) return reply
  const where = `agent "${lane.agent}", task "${lane.task}", step ${lane.step}`
  throw new ModelError('model-script', `${source} has no reply for ${where}: ${whatThereIs(script, lane)}.`)
}

function whatThereIs(script: ParsedScript, lane: ModelLane): string {
  const tasks = script[lane.agent] ?? script['*']
  if (tasks === undefined) return `it names the agents ${quoted(Object.keys(script))}`
  const replies = tasks[lane.task] ?? tasks['*']
  if (replies === undefined) return `for this agent it names the tasks ${quoted(Object.keys(tasks))}`
  return `for this task it has ${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`
}

function quoted(names: string[]): string {
  return names.length === 0 ? '(none)' : names.map((name) => `"${name}"`).join(', ')
}
