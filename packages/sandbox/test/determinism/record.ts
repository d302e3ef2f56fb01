import type {
  Observation,
  RecordedStep,
  Sandbox,
  StepHost,
  TurnInput,
  TurnOutput,
} from '@bailiwick/contract/world'
import { randomOf, randomProgram } from './random-program.ts'

/** Worlds that run at the same time. */
export const CONCURRENCY = 4
/** Programs that share a world, one after the other. Each starts over with the same names. */
export const PROGRAMS_PER_WORLD = 20

export interface RecordedWorld {
  /** The first program's seed. Those of the other programs follow. */
  seed: number
  steps: { code: string; clock: number; recorded: RecordedStep; seen: Seen }[]
}

/** The parts of an observation on which two runs of a program must agree. */
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

/** Runs programs live. Their calls return in random order, which also depends on the machine's timing. */
export async function recordWorld(sandbox: Sandbox, seed: number): Promise<RecordedWorld> {
  const random = randomOf(seed ^ 0x5eed)
  await using session = await openPrograms(sandbox, seed)
  const world: RecordedWorld = { seed, steps: [] }
  const start = Date.now()
  const programs = Array.from({ length: PROGRAMS_PER_WORLD }, (_, index) => randomProgram(seed + index))
  for (const [index, code] of programs.flat().entries()) {
    const inputs: TurnInput[] = []
    const turns: TurnOutput[] = []
    const host: StepHost = {
      signal: new AbortController().signal,
      // A fast clock, so that sleeps take a tenth of their time.
      now: () => start + (Date.now() - start) * 10,
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
    const clock = host.now()
    const seen = seenIn(await session.execute({ step: index + 1, code, clock }, host))
    world.steps.push({ code, clock, recorded: { inputs, turns, ended: true }, seen })
  }
  return world
}
