/** A code agent's task on a real bus: its durable writes, and what going on after a death costs. */
import { connectBus, openJournal, prepareStreams } from '../../packages/bus/dist/index.js'
import type { Journal, JournalRecord, Model, TaskSpec, Tool } from '../../packages/contract/dist/index.js'
import { defineAgent, runLoop } from '../../packages/core/dist/index.js'
import { scriptedModel } from '../../packages/core/dist/testing/index.js'
import { startTestServer } from '../../packages/nats-server/dist/testing/index.js'
import { createSandbox } from '../../packages/sandbox/dist/index.js'

const STEPS = 20
const MODEL_MS = 500
const CALLS = 10_000

const server = await startTestServer()
const { creds } = await server.credentials({ name: 'bench' })
const bus = await connectBus({ url: server.url, creds, name: 'bench', storesFiles: true })
await prepareStreams(bus)
/** Each task that was cut keeps its session, and its successors have others. */
const sandbox = await createSandbox({ pool: 8 })

const limits = { callsPerStep: CALLS + 1, cpuMs: 120_000, wallMs: 600_000 }
const get: Tool = {
  name: 'get',
  description: 'Gives back.',
  input: { type: 'object', properties: { n: { type: 'number' } } },
  effect: 'none',
  run: async (input) => input,
}
const definition = defineAgent({ name: 'bench', description: 'x', level: 5, tools: [get], limits })
/** The same, without checkpoints: resuming it is executing all of its code again. */
const replayed = defineAgent({ ...definition, limits: { ...limits, checkpointCpuMs: 3_600_000 } })

function specOf(task: string): TaskSpec {
  const { run: _, ...card } = get
  const grant = {
    level: 5,
    tools: [card],
    delegates: [],
    imports: [],
    budget: { steps: 100 },
    approval: 'never',
  } as const
  return {
    run: 'r',
    owner: 'user',
    task,
    agent: 'bench',
    name: task,
    text: 'x',
    inputs: [],
    results: {},
    grant: { ...grant, tools: [card], delegates: [], imports: [] },
    seed: task,
    depth: 0,
  }
}

/** Replies with these codes, each after a while; the last again and again. */
function modelOf(codes: string[], ms: number): Model {
  const scripted = scriptedModel(
    ({ lane }) => `<code>\n${codes[Math.min(lane.step, codes.length) - 1]}\n</code>`,
  )
  return {
    id: scripted.id,
    async *generate(request, options) {
      await new Promise((resolve) => setTimeout(resolve, ms))
      yield* scripted.generate(request, options)
    },
  }
}

/** Works until the task has ended, or until `cut` says so of what is about to be appended. */
async function work(
  task: string,
  model: Model,
  cut: (records: readonly JournalRecord[]) => boolean = () => false,
  agent = definition,
): Promise<{ ms: number; appends: number }> {
  const inner = openJournal(bus, { writer: 'bench', run: 'r', task })
  let appends = 0
  const died = Promise.withResolvers<void>()
  const journal: Journal = {
    read: () => inner.read(),
    append(records) {
      if (cut(records)) {
        died.resolve()
        return new Promise(() => {})
      }
      appends += 1
      return inner.append(records)
    },
  }
  const begin = performance.now()
  const loop = async () => {
    const spec = specOf(task)
    for await (const _ of runLoop({ definition: agent, spec, journal, tools: [get], model, sandbox }));
  }
  await Promise.race([loop(), died.promise])
  return { ms: performance.now() - begin, appends }
}

/** From taking a task up to its end: the model is asked while the world is made again, so its question says nothing. */
const resume = async (task: string, codes: string[], agent = definition) =>
  (await work(task, modelOf(codes, 0), undefined, agent)).ms

const isStep = (step: number) => (records: readonly JournalRecord[]) =>
  records.some((record) => record.type === 'step.replied' && record.step === step)

console.log('\n| durable execution | beside it | measured | ratio | to reach |\n|---|---|---|---|---|')

const two = 'await Promise.all([get({ n: 1 }), get({ n: 2 })]); get.length'
const { appends } = await work(
  'writes',
  modelOf([...Array.from({ length: 20 }, (_, n) => `${two} + ${n}`), 'finalAnswer(1)'], 0),
)
console.log(`| durable writes per code step with two calls | | ${(appends / 21).toFixed(2)} | | ≤ 4 |`)

const steps = [
  ...Array.from({ length: STEPS }, (_, n) => `let v${n} = (await get({ n: ${n} })).n`),
  'finalAnswer(v0)',
]
const running = await work('steps', modelOf(steps, MODEL_MS), isStep(STEPS + 1))
const resumed = await resume('steps', steps)
const part = ((100 * resumed) / running.ms).toFixed(1)
console.log(
  `| resume of ${STEPS} steps, to the end of the next | running them ${running.ms.toFixed(0)} ms | ${resumed.toFixed(0)} ms | ${part}% | ≤ 5% |`,
)

const many = [
  `let sum = 0; for (let n = 0; n < ${CALLS}; n++) sum += (await get({ n })).n`,
  'finalAnswer(sum)',
]
const live = await work('many', modelOf(many, 0), isStep(2))
const again = await resume('many', many)
console.log(
  `| replay of ${CALLS} journaled calls | live ${live.ms.toFixed(0)} ms | ${again.toFixed(0)} ms | ${(again / live.ms).toFixed(2)} | ≤ 1 |`,
)

const heavy = [
  'let x = 0; for (let n = 0; n < 600_000_000; n++) x = (x * 31 + n) % 1_000_003',
  'x += (await get({ n: 1 })).n',
  'finalAnswer(x)',
]
const computing = await work('checkpointed', modelOf(heavy, 0), isStep(3))
await work('replayed', modelOf(heavy, 0), isStep(3), replayed)
const executed = await resume('replayed', heavy, replayed)
const restored = await resume('checkpointed', heavy)
console.log(
  `| resume of a step that computes, from its checkpoint | live ${computing.ms.toFixed(0)} ms, executed again ${executed.toFixed(0)} ms | ${restored.toFixed(0)} ms | ${(restored / executed).toFixed(3)} | |`,
)

// What was cut hangs, and would be waited for.
await bus.close()
await server[Symbol.asyncDispose]()
process.exit(0)
