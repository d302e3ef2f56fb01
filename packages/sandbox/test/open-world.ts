import {
  type CallOutcome,
  errorText,
  type GuestCall,
  type Observation,
  type Sandbox,
  type Session,
  type StepHost,
  type StepRequest,
  type TurnInput,
  type TurnOutput,
  type VoidedTurn,
  type World,
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
  voided: VoidedTurn[]
  calls: GuestCall[]
  cancel(reason: string): void
}

export interface TestWorldOptions extends Partial<Omit<World, 'functions'>> {
  tools?: Record<string, Tool>
  /** JSON Schemas of the tools' inputs. Default: any object. */
  schemas?: Record<string, World['functions'][number]['input']>
  /** Names of tools that code reads by index. */
  indexed?: string[]
  now?: () => number
}

/** Opens a world whose tools are functions of the test. Records everything that happens in it. */
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
  const voided: VoidedTurn[] = []
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
        return { id: call.id, ms: 1, ok: false, reason: 'error', message: errorText(error) }
      }
    },
    printed: (line) => printed.push(line),
    delivered: (input) => delivered.push(input),
    committed: (turn, replayed) => committed.push({ turn, replayed }),
    voided: (turn) => voided.push(turn),
  }
  let step = 0
  return {
    session,
    host,
    printed,
    delivered,
    committed,
    voided,
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
