/**
 * `pnpm bench models`: a reply of 1,000 deltas through `resolveModel`, beside the bare `openai` client, from
 * one server in a process of its own. Bare is what a careful caller writes: the client, its stream, the text
 * put together, usage asked for.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ModelRequest } from '../../packages/contract/dist/index.js'
import { resolveModel } from '../../packages/models/dist/index.js'
import { OpenAI } from '../../packages/models/node_modules/openai/index.mjs'

const DELTAS = 1_000
const ROUNDS = 200
const MEMORY_REPLIES = 400
const MEMORY_PARTS = 3
const MIB = 2 ** 20

const server = fork(join(import.meta.dirname, 'server.ts'), [String(DELTAS)])
const [url] = (await once(server, 'message')) as [string]

try {
  const { driveBare, driveOurs } = await drivers(`${url}/v1`)
  const text = await driveBare()
  if (text !== (await driveOurs()) || text.length < DELTAS) throw new Error('the two texts differ')
  for (let round = 0; round < 20; round++) {
    await driveBare()
    await driveOurs()
  }
  const bare: number[] = []
  const ours: number[] = []
  // In turns, so that what else the machine does falls on both.
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2 === 0) bare.push(await timed(driveBare))
    ours.push(await timed(driveOurs))
    if (round % 2 === 1) bare.push(await timed(driveBare))
  }
  const [left, right] = [median(bare), median(ours)]
  // Of neighbours, for the same reason.
  const ratio = median(ours.map((ms, round) => ms / (bare[round] ?? Number.NaN)))
  console.log(`Node ${process.versions.node}, ${ROUNDS} replies of ${DELTAS} deltas on each side\n`)
  console.log('| measure | bare client | Bailiwick | ratio |\n|---|---|---|---|')
  console.log(
    `| streaming ${DELTAS} deltas, p50 | ${left.toFixed(2)} ms | ${right.toFixed(2)} ms | ${ratio.toFixed(2)} |`,
  )
  await driveMemory(driveOurs)
} finally {
  server.kill()
}

async function drivers(baseURL: string) {
  const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
  const env = { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: 'none' }
  const model = await resolveModel('openai/bench', { env })
  const messages = [{ role: 'user' as const, content: 'Go on.' }]
  const asked: ModelRequest = { messages, purpose: 'act', lane: { agent: 'a', task: 't', step: 1 } }
  const { signal } = new AbortController()
  return {
    async driveBare(): Promise<string> {
      let text = ''
      const stream = await client.chat.completions.create({
        model: 'bench',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      })
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      return text
    },
    async driveOurs(): Promise<string> {
      let text = ''
      for await (const event of model.generate(asked, { signal }))
        if (event.type === 'text') text += event.text
      return text
    },
  }
}

/** Used heap after a collection, after more and more replies: flat, or something is kept. */
async function driveMemory(drive: () => Promise<unknown>): Promise<void> {
  // Without --expose-gc on the command line, so that the bench runs however Node was started.
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>
  const heaps: number[] = []
  for (let part = 0; part <= MEMORY_PARTS; part++) {
    await gc({ execution: 'async' })
    await gc({ execution: 'async' })
    heaps.push(process.memoryUsage().heapUsed)
    for (let reply = 0; reply < MEMORY_REPLIES; reply++) await drive()
  }
  const shown = heaps.map((bytes) => (bytes / MIB).toFixed(1)).join(', ')
  const grown = Math.max(...heaps) - (heaps[0] ?? 0)
  console.log(`\nheap in use, at first and after every ${MEMORY_REPLIES} replies: ${shown} MiB`)
  console.log(`grown by at most ${(grown / MIB).toFixed(1)} MiB`)
}

async function timed(drive: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await drive()
  return performance.now() - begin
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
