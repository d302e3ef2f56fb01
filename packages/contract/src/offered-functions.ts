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

/** Offered if a task has files in memory, and no tool of this name is granted. */
export const READ_FILE: ToolCard = {
  name: 'readFile',
  description:
    'Returns the text of a file of this task: the whole file, or the part given by from and length.',
  input: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      from: { type: 'integer', minimum: 0, description: 'the first character, counted from 0' },
      length: { type: 'integer', minimum: 1, description: 'the number of characters' },
    },
    required: ['name'],
  },
  output: { type: 'string' },
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
    inputs: {
      type: 'object',
      description:
        'Values it needs, by name. Pass on what is there by reference: { "$result": "2.1" } for the result of call 2.1, { "$file": "sales.csv" } for a file or an input.',
      additionalProperties: {},
    },
  },
  required: ['task'],
}
