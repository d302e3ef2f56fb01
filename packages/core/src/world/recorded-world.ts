import {
  DELEGATE_INPUT,
  functionName,
  type GuestFunction,
  OBSERVATIONS,
  RESULTS,
  type RecordedStep,
  SEARCH_TOOLS,
  type StepRequest,
  TOOLS_DECLARED,
  type World,
} from '@bailiwick/contract'
import type { StepState, TaskState } from '../journal/task-state.ts'

/** What of a world is not in the journal: whoever opens it again has to give the same. */
export interface WorldOptions {
  /** Values of inputs that the journal has by reference only. */
  inputs?: Record<string, unknown> | undefined
  /** Folder that the code's imports resolve from. */
  importsFrom?: string | undefined
}

/** What the world of a task's code holds at its beginning: the same, whoever opens it. */
export function worldOf(state: TaskState, { inputs, importsFrom }: WorldOptions): World {
  const { limits } = state
  const { seed, grant } = state.spec
  const given = state.chapters.flatMap(({ spec }) => spec.inputs).filter(({ value }) => value !== undefined)
  const results = Object.assign({}, ...state.chapters.map(({ spec }) => spec.results))
  return {
    inputs: {
      ...Object.fromEntries(given.map(({ name, value }) => [name, value])),
      ...inputs,
      ...(Object.keys(results).length > 0 && { [RESULTS]: results }),
    },
    functions: functionsOf(state),
    imports: grant.imports,
    seed,
    ...(importsFrom !== undefined && { importsFrom }),
    ...(limits && { limits }),
  }
}

/** Granted tools, what the loop offers of itself, delegates: in the order in which the code finds them. */
export function functionsOf({ spec: { grant } }: TaskState): GuestFunction[] {
  const offered: GuestFunction[] = [
    OBSERVATIONS,
    ...(grant.tools.length > TOOLS_DECLARED ? [SEARCH_TOOLS] : []),
  ]
  return [
    ...[...grant.tools, ...offered].map(({ name, description, input, access }: GuestFunction) => ({
      name,
      description,
      input,
      ...(access && { access }),
    })),
    ...grant.delegates.map(({ name, description }) => ({
      name: functionName(name),
      description,
      input: DELEGATE_INPUT,
    })),
  ]
}

/** A step as the journal has it, to be executed again; nothing where its code never ran. */
export function recordedRequest(step: StepState): (StepRequest & { recorded: RecordedStep }) | undefined {
  const { inputs, turns, calls, observed, voided } = step
  if (step.code === undefined) return undefined
  const { code, clock, seed } = step.code
  const ended = observed !== undefined || voided !== undefined
  const argsOf = (call: string) => calls.get(call)?.started?.arguments
  return {
    step: step.step,
    code,
    clock,
    ...(seed !== undefined && { seed }),
    recorded: { inputs: [...inputs], turns: [...turns], ended, argsOf, ...(voided && { voided }) },
  }
}
