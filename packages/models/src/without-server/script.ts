import { InputError, ModelError, type ModelLane } from '@bailiwick/contract'
import { z } from 'zod'

/** A text, or its lines, because JSON has no readable form for long texts. */
const textSchema = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('\n'))])

const scriptedReplySchema = z.union([
  z.string(),
  z.strictObject({
    text: textSchema.default(''),
    thinking: z.string().optional(),
    calls: z
      .array(
        z.strictObject({ id: z.string().optional(), name: z.string(), arguments: z.unknown().default({}) }),
      )
      .default([]),
    finish: z.enum(['stop', 'length', 'calls', 'filter']).optional(),
    /** Milliseconds before the reply. */
    delayMs: z.number().nonnegative().optional(),
    /** A path from the script's folder. The reply waits until this file exists. */
    untilFile: z.string().optional(),
  }),
])

const scriptSchema = z.record(z.string(), z.record(z.string(), z.array(scriptedReplySchema)))

/**
 * Replies by agent, task name in the plan, and step: `{ "analyst": { "t1": ["first reply", …] } }`. `*` stands for
 * every agent or task that has no entry of its own.
 */
export type Script = z.input<typeof scriptSchema>
export type ParsedScript = z.infer<typeof scriptSchema>
export type ScriptedReply = z.infer<typeof scriptedReplySchema>

/** Parses a script. @throws InputError with the path of each mistake. */
export function parseScript(value: unknown, source: string): ParsedScript {
  const parsed = scriptSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InputError(
    `Expected replies as { "<agent>": { "<task>": [reply, …] } } in ${source}.\n${z.prettifyError(parsed.error)}`,
  )
}

/** Looks up the reply for a lane. @throws ModelError `model-script` that names the lane and the script's entries. */
export function findReply(script: ParsedScript, lane: ModelLane, source: string): ScriptedReply {
  const tasks = script[lane.agent] ?? script['*']
  const replies = tasks?.[lane.task] ?? tasks?.['*']
  const reply = replies?.[lane.step - 1]
  if (reply !== undefined) return reply
  const wanted = `agent "${lane.agent}", task "${lane.task}", step ${lane.step}`
  throw new ModelError(
    'model-script',
    `Expected a reply for ${wanted} in ${source}, found ${entriesNear(script, lane)}. Add the reply.`,
  )
}

function entriesNear(script: ParsedScript, lane: ModelLane): string {
  const tasks = script[lane.agent] ?? script['*']
  if (tasks === undefined) return `only the agents ${quoted(Object.keys(script))}`
  const replies = tasks[lane.task] ?? tasks['*']
  if (replies === undefined) return `only the tasks ${quoted(Object.keys(tasks))} of this agent`
  return `only ${replies.length} ${replies.length === 1 ? 'reply' : 'replies'} for this task`
}

function quoted(names: string[]): string {
  return names.length === 0 ? '(none)' : names.map((name) => `"${name}"`).join(', ')
}
