import {
  type AgentDefinition,
  OBSERVATIONS,
  SEARCH_TOOLS,
  TOOLS_DECLARED,
  type Tool,
} from '@bailiwick/contract'
import type { TaskState } from '../journal/task-state.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { routeTools } from '../levels/route-tools.ts'
import { declareTools } from '../prompts/declarations.ts'

/**
 * What the loop itself answers, through the gate like every call: routes, observations that were folded,
 * and declarations where there are too many tools to show them all.
 */
export function ownFunctions(definition: AgentDefinition, state: TaskState): Tool[] {
  const { action, rounds } = LEVEL_TABLE[state.spec.grant.level]
  if (action === 'route') return routeTools(definition)
  const search = rounds > 0 && state.spec.grant.tools.length > TOOLS_DECLARED ? [searchTools(state)] : []
  return action === 'code' ? [observations(state), ...search] : search
}

function observations({ steps }: TaskState): Tool {
  return {
    ...OBSERVATIONS,
    run: async (input) => {
      const { step } = input as { step: number }
      const observed = steps.filter((other) => other.observed !== undefined)
      const found = observed.find((other) => other.step === step)?.observed
      if (found !== undefined) return found.observation
      const [first, last] = [observed[0]?.step, observed.at(-1)?.step]
      const have = first === last ? `step ${first} has one` : `steps ${first} to ${last} have one`
      throw new RangeError(
        `there is no observation of step ${step} yet; ${first === undefined ? 'no step has one' : have}`,
      )
    },
  }
}

const FOUND = 8

function searchTools({ spec }: TaskState): Tool {
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
      return declareTools(best.slice(0, FOUND).map(({ card }) => card)) || 'No tool fits these words.'
    },
  }
}
