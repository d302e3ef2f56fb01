import type {
  Observation,
  RecordedStep,
  Sandbox,
  StepHost,
  TurnInput,
  TurnOutput,
} from '@bailiwick/contract/world'
import { randomOf, randomProgram } from './random-program.ts'

/** Programs that share a world, one after the other: each starts over with the same names. */
export const PROGRAMS_A_WORLD = 20

export interface RecordedWorld {
  /** The first program's; the others' follow. */
  seed: number
  steps: { code: string; clock: number; recorded: RecordedStep; seen: Seen }[]
}

/** What two runs of one program must agree on. */
export interface Seen {
  status: string
  preview: string
  printed: string
  worldHash: string | undefined
}

const FUNCTIONS = ['get', 'maybe'].map((name) => ({ name, description: name, input: {} }))

export function openPrograms(sandbox: Sandbox, seed: number) {
  return sandbox.open({
    inputs: { given: { seed } },
    functions: FUNCTIONS,
    imports: [],
    seed: `seed ${seed}`,
  })
}

export function seenIn({ status, preview, printed, worldHash }: Observation): Seen {
  return { status, preview, printed, worldHash }
}

/** Runs programs live. Its calls come back in an order that is random, by the machine's timing too. */
export async function recordWorld(sandbox: Sandbox, seed: number): Promise<RecordedWorld> {
  const random = randomOf(seed ^ 0x5eed)
  await using session = await openPrograms(sandbox, seed)
  const world: RecordedWorld = { seed, steps: [] }
  const programs = Array.from({ length: PROGRAMS_A_WORLD }, (_, index) => randomProgram(seed + index))
  for (const [index, code] of programs.flat().entries()) {
    const inputs: TurnInput[] = []
    const turns: TurnOutput[] = []
    const host: StepHost = {
      signal: new AbortController().signal,
      now: Date.now,
      delivered: (input) => inputs.push(input),
      committed: (turn) => turns.push(turn),
      async call({ id, name, args }) {
        const { n } = args as { n: number }
        const turnsToWait = Math.floor(random() * 4)
        for (let wait = 0; wait < turnsToWait; wait += 1)
          await new Promise((resolve) => setImmediate(resolve))
        if (name === 'maybe' && n % 3 === 0)
          return { id, ms: 0, ok: false, reason: 'error', message: `no ${n}` }
        return { id, ms: 0, ok: true, value: { n, list: [n, -n], at: new Date(n) } }
      },
    }
    const clock = Date.now()
    const seen = seenIn(await session.execute({ step: index + 1, code, clock }, host))
    world.steps.push({ code, clock, recorded: { inputs, turns, ended: true }, seen })
  }
  return world
}
