import {
  DELEGATE_INPUT,
  DivergedError,
  functionName,
  type GuestFunction,
  isReservedName,
  MAX_DECLARED_TOOLS,
  OBSERVATIONS,
  type Observation,
  READ_FILE,
  RESULTS,
  type RecordedStep,
  SEARCH_TOOLS,
  type StepRequest,
  type World,
} from '@bailiwick/contract'
import type { StepState, TaskWorld } from '../journal/task-world.ts'
import { fileIsNoVariable, offersReadFile, shownFiles } from '../levels/file-use.ts'
import type { WorldOptions } from './code-task.ts'

/** The world in which a task's code begins. It is the same for every process that opens it. */
export function worldOf(state: TaskWorld, { inputs, importsFrom }: WorldOptions): World {
  const { limits } = state
  const { seed, grant } = state.spec
  const given = state.chapters.flatMap(({ spec }) => spec.inputs).filter(({ value }) => value !== undefined)
  const results = Object.assign({}, ...state.chapters.map(({ spec }) => spec.results))
  const files = filesOf(state)
  return {
    ...(Object.keys(files).length > 0 && { files }),
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

/**
 * What code is told that uses the name of a file as a variable. Only the names that the journal has for a world that has
 * begun: in older ones, nothing was defined.
 */
export function filesOf(state: TaskWorld): Record<string, string> {
  const { chapters, steps } = state
  const files: Record<string, string> = {}
  const values = new Set(
    chapters.flatMap(({ spec }) =>
      spec.inputs.flatMap(({ name, value }) => (value === undefined ? [] : [name])),
    ),
  )
  for (const { spec, firstStep } of chapters) {
    const begun = steps.find(({ step, code }) => step >= firstStep && code !== undefined)?.code
    for (const file of shownFiles(spec)) {
      const { name } = file
      if (begun !== undefined && begun.files?.includes(name) !== true) continue
      if (!/^[A-Za-z_$][\w$]*$/.test(name) || isReservedName(name) || values.has(name)) continue
      files[name] = fileIsNoVariable(spec, file)
    }
  }
  for (const { name } of functionsOf(state)) delete files[name]
  return files
}

/** The functions that the code can call, in the order in which the world defines them. */
export function functionsOf({ spec: { grant }, chapters }: TaskWorld): GuestFunction[] {
  const offered: GuestFunction[] = [
    OBSERVATIONS,
    ...(grant.tools.length > MAX_DECLARED_TOOLS ? [SEARCH_TOOLS] : []),
    ...(chapters.some(({ spec }) => offersReadFile(spec)) ? [READ_FILE] : []),
  ]
  return [
    ...[...grant.tools, ...offered].map(({ name, description, input, access }: GuestFunction) => ({
      name,
      description,
      input,
      ...(access && { access }),
    })),
    // So that a call reaches the gate, whose error says more than that the name is not defined.
    ...(grant.missing ?? []).map((name) => ({ name, description: 'Not available.', input: {} })),
    ...grant.delegates.map(({ name, description }) => ({
      name: functionName(name),
      description,
      input: DELEGATE_INPUT,
    })),
  ]
}

/** SHA-256 of the functions' names and schemas, base64url. Explains a divergence that a changed schema causes. */
export function cardsHash(functions: readonly GuestFunction[]): string {
  const { hash } = process.getBuiltinModule('node:crypto')
  const cards = functions.map(({ name, input, access }) => [name, input, ...(access ? [access] : [])])
  return hash('sha256', JSON.stringify(cards), 'base64url')
}

/** A request that executes a journaled step again. Undefined if the step ran no code. */
export function recordedRequest(step: StepState): (StepRequest & { recorded: RecordedStep }) | undefined {
  const { inputs, turns, calls, voided } = step
  if (step.code === undefined) return undefined
  const { code, clock, seed } = step.code
  const ended = step.ended !== undefined || voided !== undefined
  const argsOf = (call: string) => calls.get(call)?.started?.arguments
  return {
    step: step.step,
    code,
    clock,
    ...(seed !== undefined && { seed }),
    recorded: { inputs: [...inputs], turns: [...turns], ended, argsOf, ...(voided && { voided }) },
  }
}

/**
 * Compares the world after a replayed step with the recorded one.
 *
 * @throws DivergedError if they differ
 */
export function checkWorld(state: TaskWorld, { step, ended, turns }: StepState, seen: Observation): void {
  const recorded = ended?.worldHash
  const replayed = seen.worldHash
  if (recorded === undefined || replayed === undefined || recorded === replayed) return
  // A rebuilt world has the inputs of all chapters. Before the last chapter that brought some, the recorded one had fewer.
  if (step < lastInputStep(state)) return
  throw new DivergedError(
    `the world of ${state.spec.task} after step ${step} differs from its record: expected hash ${recorded}, found ${replayed}`,
    { step, turn: turns.length, recorded: `world ${recorded}`, replayed: `world ${replayed}` },
  )
}

function lastInputStep({ chapters }: TaskWorld): number {
  const brought = chapters.findLast(
    ({ spec }) => spec.inputs.length > 0 || Object.keys(spec.results).length > 0,
  )
  return brought?.firstStep ?? 0
}
