import { functionName, type RecordedStep, type StepRequest, type Tool, type World } from '@bailiwick/contract'
import type { StepState, TaskState } from '@bailiwick/task-journal'
import { DELEGATE_INPUT } from '../gate/delegation.ts'

/** What the world of a task's code holds at its beginning: the same, whoever opens it. */
export function worldOf(
  state: TaskState,
  own: readonly Pick<Tool, 'name' | 'description' | 'input'>[],
  inputs: Record<string, unknown> = {},
): Pick<World, 'inputs' | 'functions' | 'imports' | 'seed'> {
  const { seed, grant } = state.spec
  const given = state.chapters.flatMap(({ spec }) => spec.inputs).filter(({ value }) => value !== undefined)
  const results = Object.assign({}, ...state.chapters.map(({ spec }) => spec.results))
  return {
    inputs: {
      ...Object.fromEntries(given.map(({ name, value }) => [name, value])),
      ...inputs,
      ...(Object.keys(results).length > 0 && { results }),
    },
    functions: [
      ...[...grant.tools, ...own].map(({ name, description, input }) => ({ name, description, input })),
      ...grant.delegates.map(({ name, description }) => ({
        name: functionName(name),
        description,
        input: DELEGATE_INPUT,
      })),
    ],
    imports: grant.imports,
    seed,
  }
}

/** A step as the journal has it, to be executed again; nothing where its code never ran. */
export function recordedRequest(step: StepState): (StepRequest & { recorded: RecordedStep }) | undefined {
  const { inputs, turns, calls, observed, voided } = step
  if (step.code === undefined) return undefined
  const { code, clock, seed } = step.code
  const ended = observed !== undefined || voided !== undefined
  const argsOf = (call: string) => calls.get(call)?.started?.args
  return {
    step: step.step,
    code,
    clock,
    ...(seed !== undefined && { seed }),
    recorded: { inputs: [...inputs], turns: [...turns], ended, argsOf, ...(voided && { voided }) },
  }
}
