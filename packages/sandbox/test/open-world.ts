import type {
  CallOutcome,
  GuestCall,
  Observation,
  Sandbox,
  Session,
  StepHost,
  StepRequest,
  TurnInput,
  TurnOutput,
  UndoneTurn,
  World,
} from '@bailiwick/contract/world'

type Tool = (args: Record<string, unknown>, call: GuestCall, signal: AbortSignal) => unknown

export interface TestWorld extends AsyncDisposable {
  session: Session
  /** Runs the next step. */
  run(code: string, step?: Partial<StepRequest>): Promise<Observation>
  host: StepHost
  printed: string[]
  delivered: TurnInput[]
  committed: { turn: TurnOutput; replayed: boolean }[]
  undone: UndoneTurn[]
  calls: GuestCall[]
  cancel(reason: string): void
}

export interface TestWorldOptions extends Partial<Omit<World, 'functions'>> {
  tools?: Record<string, Tool>
  /** JSON Schema of a tool's input, where it is not any object. */
  schemas?: Record<string, World['functions'][number]['input']>
  /** Tools that code reads by index. */
  indexed?: string[]
  now?: () => number
}

/** A world with tools that are functions of the test, and everything that happened in it. */
export async function openWorld(sandbox: Sandbox, options: TestWorldOptions = {}): Promise<TestWorld> {
  const { tools = {}, schemas = {}, indexed = [], now = Date.now, ...world } = options
  let abort = new AbortController()
  const session = await sandbox.open({
    inputs: {},
    imports: [],
    seed: 'seed',
    ...world,
    functions: Object.keys(tools).map((name) => ({
      name,
      description: name,
      input: schemas[name] ?? { type: 'object' },
      ...(indexed.includes(name) && { access: 'index' as const }),
    })),
  })
  const calls: GuestCall[] = []
  const printed: string[] = []
  const delivered: TurnInput[] = []
  const committed: { turn: TurnOutput; replayed: boolean }[] = []
  const undone: UndoneTurn[] = []
  const host: StepHost = {
    get signal() {
      return abort.signal
    },
    now,
    async call(call, signal): Promise<CallOutcome> {
      calls.push(call)
      try {
        const value = await tools[call.name]?.(call.args as Record<string, unknown>, call, signal)
        return { id: call.id, ms: 1, ok: true, value }
      } catch (error) {
        return { id: call.id, ms: 1, ok: false, reason: 'error', message: (error as Error).message }
      }
    },
    printed: (line) => printed.push(line),
    delivered: (input) => delivered.push(input),
    committed: (turn, replayed) => committed.push({ turn, replayed }),
    undone: (turn) => undone.push(turn),
  }
  let step = 0
  return {
    session,
    host,
    printed,
    delivered,
    committed,
    undone,
    calls,
    async run(code, request = {}) {
      step += 1
      const observation = await session.execute({ step, code, clock: now(), ...request }, host)
      if (abort.signal.aborted) abort = new AbortController()
      return observation
    },
    cancel: (reason) => abort.abort(new Error(reason)),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
