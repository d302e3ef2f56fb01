import {
  type AgentDefinition,
  FILE_LIMITS,
  InputError,
  MAX_DECLARED_TOOLS,
  OBSERVATIONS,
  READ_FILE,
  type Route,
  SEARCH_TOOLS,
  type Tool,
  unknownName,
} from '@bailiwick/contract'
import { decodeText, isText } from '../inputs/decode-text.ts'
import type { TaskWorld } from '../journal/task-world.ts'
import { offersReadFile } from '../levels/file-use.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { declareTools } from '../prompts/declarations.ts'

/** `searchTools` returns at most this many declarations. */
const MAX_FOUND = 8

/**
 * The functions that the loop itself provides: a router's routes, earlier observations, and the search for tools
 * if there are too many to declare. Calls of them pass the gate like any other.
 */
export function ownFunctions(definition: AgentDefinition, state: TaskWorld): Tool[] {
  const { action, rounds } = LEVEL_TABLE[state.spec.grant.level]
  if (action === 'route') return routeTools(definition)
  const search = rounds > 0 && state.spec.grant.tools.length > MAX_DECLARED_TOOLS ? [searchTools(state)] : []
  const read = state.chapters.some(({ spec }) => offersReadFile(spec)) ? [readFile(state)] : []
  return [...(action === 'code' ? [observations(state)] : []), ...search, ...read]
}

/**
 * A level-1 agent's routes as tools. The host calls them, never the model. A route has the effect of the tool that
 * it leads to; a function has effect `once`.
 */
function routeTools({ routes = {} }: AgentDefinition): Tool[] {
  return Object.entries(routes).map(([name, { when, to }]) => ({
    name,
    description: when,
    input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    effect: typeof to === 'function' ? 'once' : 'run' in to ? to.effect : 'none',
    run: async (input, context) => follow(name, to, String((input as { text: unknown }).text), context),
  }))
}

function follow(
  route: string,
  to: Route['to'],
  text: string,
  context: Parameters<Tool['run']>[1],
): unknown | Promise<unknown> {
  if (typeof to === 'function') return to(text)
  if ('run' in to) return to.run(textInput(to, text), context)
  // The caller dispatches the task again, to this agent.
  if ('agent' in to) return { route, agent: to.agent }
  return to.answer
}

/** Passes the task's text as the tool's one required field. */
function textInput(tool: Tool, text: string): Record<string, string> {
  const { required, properties } = tool.input as { required?: string[]; properties?: object }
  return { [required?.[0] ?? Object.keys(properties ?? {})[0] ?? 'text']: text }
}

function observations({ steps }: TaskWorld): Tool {
  return {
    ...OBSERVATIONS,
    run: async (input) => {
      const { step } = input as { step: number }
      const observed = steps.filter((other) => other.ended !== undefined)
      const found = observed.find((other) => other.step === step)?.ended
      if (found !== undefined) return found.observation
      const [first, last] = [observed[0]?.step, observed.at(-1)?.step]
      const have = first === last ? `step ${first} has one` : `steps ${first} to ${last} have one`
      throw new RangeError(
        `there is no observation of step ${step} yet; ${first === undefined ? 'no step has one' : have}`,
      )
    },
  }
}

/** Reads the files in memory. The toolbox serves the others. */
function readFile({ chapters }: TaskWorld): Tool {
  const files = chapters.flatMap(({ spec }) => spec.inputs).filter(({ file }) => file !== undefined)
  return {
    ...READ_FILE,
    run: async (input) => {
      const { name, from = 0, length } = input as { name: string; from?: number; length?: number }
      const found = files.findLast((file) => file.name === name)?.file
      if (found === undefined)
        throw new InputError(
          unknownName(
            'file',
            name.slice(0, 200),
            files.map((file) => file.name),
          ),
        )
      const bytes = found.base64 === undefined ? undefined : Buffer.from(found.base64, 'base64')
      if (bytes !== undefined && !isText(bytes))
        throw new InputError(`expected a text file, found ${name}, which is ${found.mediaType}`)
      const text = found.text ?? decodeText(bytes ?? new Uint8Array())
      const part = text.slice(from, length === undefined ? undefined : from + length)
      if (part.length <= FILE_LIMITS.readChars) return part
      throw new InputError(
        `expected at most ${FILE_LIMITS.readChars} characters, found ${part.length} in ${name}: give from and a smaller length`,
      )
    },
  }
}

function searchTools({ spec }: TaskWorld): Tool {
  return {
    ...SEARCH_TOOLS,
    run: async (input) => {
      const words = (input as { words: string }).words.toLowerCase().match(/[a-z0-9]+/g) ?? []
      const scored = spec.grant.tools.map((card) => {
        const name = card.name.toLowerCase()
        const text = `${name} ${card.description.toLowerCase()}`
        const score = words.reduce(
          (sum, word) => sum + (name.includes(word) ? 3 : 0) + (text.includes(word) ? 1 : 0),
          0,
        )
        return { card, score }
      })
      const best = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
      return declareTools(best.slice(0, MAX_FOUND).map(({ card }) => card)) || 'No tool fits these words.'
    },
  }
}
