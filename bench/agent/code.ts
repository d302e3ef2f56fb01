/**
 * Level 5 in the guarded sandbox: `node code.ts memory|nats <steps>`. One task of so many steps, each with
 * one call; then ten calls of 100 ms each in one block. Prints what it measured as JSON.
 */

import { defineAgent, defineTool, runLoop } from '../../packages/core/dist/index.js'
import { memoryJournal } from '../../packages/core/dist/journal/index.js'
import { createSandbox } from '../../packages/sandbox/dist/index.js'
import { add, benchTask } from './bench-task.ts'
import { scriptedReply } from './scripted-reply.ts'
import { z } from './zod.ts'

const [kind = 'memory', steps = '200'] = process.argv.slice(2)
const WARM = 20

const wait = defineTool({
  name: 'wait',
  description: 'Waits 100 ms.',
  input: z.object({}),
  effect: 'none',
  run: () => new Promise((resolve) => setTimeout(resolve, 100)),
})
const definition = defineAgent({
  name: 'bench',
  description: 'Adds.',
  level: 5,
  tools: [add, wait],
  budget: { steps: 100_000 },
})

await using sandbox = await createSandbox()
await using journals = await openJournals(kind)
const times = await run(
  Number(steps) + WARM,
  (step) => `${step === 1 ? 'let ' : ''}sum = await add({ a: ${step}, b: 1 })`,
)
const sorted = times.slice(WARM).sort((a, b) => a - b)
const blocks = (await run(6, () => 'await Promise.all(Array.from({ length: 10 }, () => wait({})))')).slice(1)
console.log(JSON.stringify({ p50: sorted[Math.floor(sorted.length / 2)], ten: Math.min(...blocks) }))

/** Milliseconds of each step, from one request to the model to the next. */
async function run(count: number, code: (step: number) => string): Promise<number[]> {
  const times: number[] = []
  let last = 0
  let step = 0
  const model = {
    id: 'fake/instant',
    async *generate() {
      const now = performance.now()
      if (last > 0) times.push(now - last)
      step += 1
      // Different every time: code that repeats itself is not run again.
      last = performance.now()
      yield scriptedReply(
        `<code>\n${step > count ? "finalAnswer('done')" : `${code(step)}\n// ${step}`}\n</code>`,
      )
    },
  }
  const id = `bench-${process.pid}-${count}`
  const spec = benchTask(definition, id, 'Add.')
  const journal = journals.open(id)
  for await (const _ of runLoop({ definition, spec, journal, tools: [add, wait], model, sandbox }));
  return times
}

async function openJournals(kind: string) {
  if (kind === 'memory') return { open: () => memoryJournal(), async [Symbol.asyncDispose]() {} }
  const { connectBus, openJournal, prepareStreams } = await import('../../packages/bus/dist/index.js')
  const { startTestServer } = await import('../../packages/nats-server/dist/testing/index.js')
  const server = await startTestServer()
  const { creds } = await server.credentials({ name: 'coordinator' })
  const bus = await connectBus({ url: server.url, creds, name: 'bench' })
  await prepareStreams(bus)
  return {
    open: (id: string) => openJournal(bus, { writer: 'bench', run: id, task: id }),
    async [Symbol.asyncDispose]() {
      await bus.close()
      await server[Symbol.asyncDispose]()
    },
  }
}
