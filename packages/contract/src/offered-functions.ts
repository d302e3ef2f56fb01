import type { JsonSchema } from './json.ts'
import type { GuestFunction } from './sandbox.ts'
import type { ToolCard } from './tool.ts'

/** Ends a task with its answer: a call of levels 3 and 4, a function of level 5's code. */
export const FINAL_ANSWER = 'finalAnswer'

/** Level 5 alone: below it nothing reads but the model. */
export const OBSERVATIONS: ToolCard & GuestFunction = {
  name: 'observations',
  description: 'Earlier observations in whole, by the number of their step.',
  access: 'index',
  input: { type: 'object', properties: { step: { type: 'integer' } }, required: ['step'] },
  effect: 'none',
}

/** Offered where more tools are granted than {@link TOOLS_DECLARED}. */
export const SEARCH_TOOLS: ToolCard = {
  name: 'searchTools',
  description: 'Finds tools: there are more than are shown at once. Gives declarations.',
  input: { type: 'object', properties: { words: { type: 'string' } }, required: ['words'] },
  effect: 'none',
}

/** More tools than this are named only; `searchTools` shows their declarations. */
export const TOOLS_DECLARED = 30

/** What every delegate takes. */
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
