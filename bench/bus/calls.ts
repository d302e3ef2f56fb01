/** One call after the other of a tool in another process, from an agent's code, beside what no such call can do without. */
import { type Bus, openJournal, remoteTool } from '../../packages/bus/dist/index.js'
import type { TaskSpec, Tool } from '../../packages/contract/dist/index.js'
import { defineAgent, runLoop } from '../../packages/core/dist/index.js'
import { scriptedModel } from '../../packages/core/dist/testing/index.js'
import { createSandbox } from '../../packages/sandbox/dist/index.js'
import { rawPipe } from '../sandbox/measures.ts'
import { inWindow } from './raw-path.ts'

const CALLS = 1_000
const ROUNDS = 9
const INPUT = { text: 'x'.repeat(64) }

/** Milliseconds of each, in rounds that followed each other. */
export interface Round {
  /** The client's request and reply, then a round trip over bare pipes. */
  bare: number[]
  /** The same tool, called by the host alone. */
  remote: number[]
  /** The whole way that an agent's call goes: sandbox, gate, journal on the bus, the tool's process and back. */
  code: number[]
}

/** One step's code makes all of its calls; between two thousands it waits while the others are measured. */
export async function timeCalls(bus: Bus): Promise<Round[]> {
  const remote = remoteTool(bus, { name: 'echo', description: '-', input: {}, effect: 'none' }, 'coordinator')
  const pipe = await rawPipe()
  await using sandbox = await createSandbox()
  const rounds: Round[] = []
  let came: number[] = []
  const echo: Tool = {
    ...remote,
    async run(input, context) {
      if (came.length > CALLS) {
        const code = came.slice(1).map((at, n) => at - (came[n] ?? Number.NaN))
        rounds.push({ ...(await timeBare(bus, pipe.once, remote)), code })
        came = []
      }
      came.push(performance.now())
      return await remote.run(input, context)
    },
  }
  const limits = { callsPerStep: 100_000, wallMs: 600_000 }
  const definition = defineAgent({ name: 'bench', description: 'x', level: 5, tools: [echo], limits })
  const count = (ROUNDS + 2) * (CALLS + 1)
  const code = `for (let n = 0; n < ${count}; n++) await echo(${JSON.stringify(INPUT)}); finalAnswer(1)`
  const model = scriptedModel(() => `<code>\n${code}\n</code>`)
  const journal = openJournal(bus, { writer: 'bench', run: 'r', task: 'calls' })
  const spec = specOf('calls', echo)
  for await (const _ of runLoop({ definition, spec, journal, tools: [echo], model, sandbox }));
  pipe.close()
  return rounds.slice(1)
}

async function timeBare(bus: Bus, trip: () => Promise<void>, tool: Tool): Promise<Omit<Round, 'code'>> {
  const payload = JSON.stringify(INPUT)
  const { signal } = new AbortController()
  return {
    bare: await inWindow(CALLS, 1, async () => {
      await bus.connection.request('raw.echo', payload)
      await trip()
    }),
    remote: await inWindow(CALLS, 1, async (n) => {
      await tool.run(INPUT, {
        id: `1.${n}`,
        key: `t/1.${n}`,
        caller: 'coordinator',
        run: 'r',
        task: 't',
        signal,
      })
    }),
  }
}

function specOf(task: string, { run: _, ...card }: Tool): TaskSpec {
  return {
    run: 'r',
    owner: 'user',
    task,
    agent: 'bench',
    name: task,
    text: 'x',
    inputs: [],
    results: {},
    grant: { level: 5, tools: [card], delegates: [], imports: [], budget: { steps: 100 }, approval: 'never' },
    seed: task,
    depth: 0,
  }
}
