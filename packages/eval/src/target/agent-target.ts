import { createHash } from 'node:crypto'
import { Agent } from '@bailiwick/agent'
import {
  type AgentDefinition,
  addUsage,
  type Level,
  levelNumber,
  type Model,
  NO_USAGE,
  type Sandbox,
  type Tool,
} from '@bailiwick/contract'
import { decodeText, isText } from '@bailiwick/core/inputs'
import type { MadeCall } from '../score/score-calls.ts'
import { StepFactsCollector } from './facts-of-records.ts'
import { questionTools } from './question-tools.ts'
import type { Answered, Question, Target } from './target.ts'
import { countWaste } from './wasted-replies.ts'

/** An agent in this process as a target. */
export interface AgentTargetOptions {
  /** Default: a plain agent that has the tools of each question. */
  definition?: Omit<AgentDefinition, 'model'>
  /** Default: the definition's. */
  level?: Level
  model: Model
  /** The model's name for records. Default: its id. */
  modelName?: string
  /** Folder that the definition's imports resolve from. */
  importsFrom?: string
  /** Runs the code of all attempts. The caller disposes of it. */
  sandbox: Sandbox
  /** Wraps the model for an attempt, so that a reply that was paid for is not asked for again. */
  paidOnce?: (model: Model, attempt: string) => Model
}

/** The agent that answers if none is named. */
const SOLVER: AgentDefinition = { name: 'solver', description: 'Solves tasks exactly.', level: 5 }

/**
 * An agent in this process at one level. Each attempt is an agent of its own, so attempts share nothing but the
 * sandbox's processes. Tools that the definition only names get the question's tool of that name, or are left out.
 */
export function agentTarget(options: AgentTargetOptions): Target {
  const { definition = SOLVER, model, modelName = model.id, importsFrom, sandbox } = options
  const { paidOnce = (same: Model) => same } = options
  const level = options.level ?? levelNumber(definition.level)
  const fixed = atLevel(definition, level)
  return {
    name: definition.name,
    level,
    model: modelName,
    digest: digestOf(fixed),
    async answer(question, { key, signal, maxCost, onReply }) {
      const tools = level === 0 || level === 1 ? [] : toolsFor(fixed, question)
      await using agent = new Agent({
        ...fixed,
        tools,
        ...(question.output !== undefined && { output: question.output }),
        ...(importsFrom !== undefined && { importsFrom }),
        model: paidOnce(model, key),
        sandbox,
      })
      const budget = {
        ...fixed.budget,
        ...(maxCost !== undefined && { cost: Math.min(maxCost, fixed.budget?.cost ?? maxCost) }),
      }
      const facts = new StepFactsCollector()
      const calls: MadeCall[] = []
      let usage = NO_USAGE
      let ended: Answered | undefined
      for await (const event of agent.stream(question.task, { inputs: inputsOf(question), signal, budget })) {
        if (event.type !== 'record') continue
        const { record } = event
        facts.add(record)
        if (record.type === 'step.replied') {
          usage = addUsage(usage, record.usage)
          onReply(usage.replies)
        } else if (record.type === 'call.started') {
          calls.push({ name: record.name, arguments: JSON.parse(record.arguments) })
        } else if (record.type === 'task.ended') {
          const { status, output, error } = record
          ended = {
            status,
            ...(output !== undefined && { output }),
            ...(error !== undefined && { error }),
            usage: record.usage,
            wasted: countWaste(facts.steps, level),
            calls,
            task: event.task,
          }
        }
      }
      if (ended === undefined) throw new Error(`${definition.name} stopped before its task ended`)
      return ended
    },
    // Attempts dispose of their own agents.
    async [Symbol.asyncDispose]() {},
  }
}

/** A definition without the parts that the level does not allow. */
function atLevel(definition: Omit<AgentDefinition, 'model'>, level: Level): Omit<AgentDefinition, 'model'> {
  const { imports, limits, delegates, routes, defaultRoute, ...rest } = definition
  return {
    ...rest,
    level,
    ...(level === 5 && imports !== undefined && { imports }),
    ...(level === 5 && limits !== undefined && { limits }),
    ...(level >= 4 && delegates !== undefined && { delegates }),
    ...(level === 1 && routes !== undefined && { routes }),
    ...(level === 1 && defaultRoute !== undefined && { defaultRoute }),
  }
}

function toolsFor({ tools = [] }: Pick<AgentDefinition, 'tools'>, question: Question): Tool[] {
  const own = tools.filter((tool): tool is Tool => typeof tool === 'object' && 'run' in tool)
  const names = new Set(own.map(({ name }) => name))
  return [...own, ...questionTools(question).filter(({ name }) => !names.has(name))]
}

function inputsOf({ values, files }: Question): Record<string, unknown> {
  const texts = Object.entries(files).map(([name, { mediaType, bytes }]) => [
    name,
    isText(bytes) ? { text: decodeText(bytes), mediaType } : { bytes, mediaType },
  ])
  return { ...values, ...Object.fromEntries(texts) }
}

function digestOf(definition: object): string {
  const text = JSON.stringify(definition, (_key, value) =>
    typeof value === 'function' ? String(value) : value,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
