import type { JsonSchema } from './json.ts'
import type { GuestFunction } from './sandbox.ts'
import type { ToolCard } from './tool.ts'

/** Ends a task with its answer. A call at levels 3 and 4, a function of the code at level 5. */
export const FINAL_ANSWER = 'finalAnswer'

/** Level 5 only, because only code can read earlier observations. */
export const OBSERVATIONS: ToolCard & GuestFunction = {
  name: 'observations',
  description: 'Earlier observations in whole, by the number of their step.',
  access: 'index',
  input: { type: 'object', properties: { step: { type: 'integer' } }, required: ['step'] },
  effect: 'none',
}

/** Offered if more than {@link MAX_DECLARED_TOOLS} tools are granted. */
export const SEARCH_TOOLS: ToolCard = {
  name: 'searchTools',
  description: 'Finds tools: there are more than are shown at once. Gives declarations.',
  input: { type: 'object', properties: { words: { type: 'string' } }, required: ['words'] },
  effect: 'none',
}

/** Most tools that the prompt declares. If there are more, it names them, and `searchTools` returns declarations. */
export const MAX_DECLARED_TOOLS = 30

/** Input schema of every delegate. */
export const DELEGATE_INPUT: JsonSchema = {
  type: 'object',
  properties: {
    task: {
      type: 'string',
      description: 'What it is to do, complete in itself: it knows nothing of this task.',
    },
    inputs: { type: 'object', description: 'Values it needs, by name.', additionalProperties: {} },
  },
  required: ['task'],
}
