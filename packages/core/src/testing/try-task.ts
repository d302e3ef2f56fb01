import {
  type AgentDefinition,
  type AgentEvent,
  type JournalRecord,
  type ModelRequest,
  type TaskResult,
  type TaskSpec,
  type Tool,
  taskResultOf,
} from '@bailiwick/contract'
import type { LoopOptions } from '../attempt/attempt.ts'
import { defineAgent, ownTools } from '../define/define-agent.ts'
import { type MemoryJournal, memoryJournal } from '../journal/memory-journal.ts'
import { type Ceiling, definedGrant, effectiveGrant, type GrantSources } from '../levels/grant.ts'
import { runLoop } from '../loop/run-loop.ts'
import { taskInputs } from '../schemas/task-inputs.ts'
import { inlineSandbox } from './inline-sandbox.ts'
import { type Script, scriptedModel } from './scripted-model.ts'

export interface TrialOptions
  extends Partial<Omit<LoopOptions, 'definition' | 'spec' | 'model' | 'journal' | 'inputs' | 'tools'>>,
    GrantSources {
  text?: string
  /** Tools that the host can call besides the definition's own. This does not grant them. */
  callable?: readonly Tool[]
  inputs?: Record<string, unknown>
  results?: TaskSpec['results']
  ceiling?: Ceiling
  journal?: MemoryJournal
  /** Overrides fields of the task. */
  spec?: Partial<TaskSpec>
}

export interface Trial {
  result: TaskResult
  journal: MemoryJournal
  records: JournalRecord[]
  events: AgentEvent[]
  /** The model requests, in order. */
  requests: ModelRequest[]
}

/**
 * Runs an agent on one task with a scripted model. Everything runs in this process: a test of an agent in one line.
 *
 * @example
 * const { result } = await tryTask({ name: 'echo', description: 'Echoes.', level: 0 }, ['hello'])
 */
export async function tryTask(
  options: Omit<AgentDefinition, 'name' | 'description'> & Partial<AgentDefinition>,
  script: Script,
  trial: TrialOptions = {},
): Promise<Trial> {
  const definition = defineAgent({ name: 'tester', description: 'Works in tests.', ...options })
  const {
    text = 'The task.',
    callable = [],
    inputs = {},
    results = {},
    ceiling = {},
    journal = memoryJournal(),
  } = trial
  const { spec: overrides, level, agents, tools: cards, ...loop } = trial
  const sources = {
    ...(level !== undefined && { level }),
    ...(agents && { agents }),
    ...(cards && { tools: cards }),
  }
  const model = scriptedModel(script)
  const spec: TaskSpec = {
    run: 'run',
    owner: 'user',
    task: 'run-t1',
    agent: definition.name,
    name: 't1',
    text,
    inputs: taskInputs(inputs),
    results,
    grant: effectiveGrant(definedGrant(definition, sources), ceiling),
    seed: 'seed',
    depth: 0,
    ...overrides,
  }
  const events: AgentEvent[] = []
  const sandbox = loop.sandbox ?? inlineSandbox()
  for await (const event of runLoop({
    sandbox,
    ...without(loop, ['text', 'callable', 'inputs', 'results', 'ceiling', 'journal']),
    definition,
    spec,
    journal,
    model,
    tools: [...ownTools(definition), ...callable],
  })) {
    events.push(event)
  }
  const last = events.at(-1)
  if (last?.type !== 'record' || last.record.type !== 'task.ended') throw new Error('the task has not ended')
  return {
    result: taskResultOf(last.record),
    journal,
    records: journal.records,
    events,
    requests: model.requests,
  }
}

function without<T extends object, K extends string>(value: T, names: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name as K))) as Omit<
    T,
    K
  >
}
