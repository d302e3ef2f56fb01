/**
 * `pnpm bench eval`: what the harness itself costs. Tasks of one reply at level 3, with a model in this process that
 * answers at once: the time of a task in an experiment, beside the same agent alone; then the heap after more and more
 * tasks, which must not grow with them.
 *
 *     pnpm bench eval [5000]             number of tasks
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Agent, lazySandbox } from '../../packages/agent/dist/index.js'
import {
  agentTarget,
  ExperimentLog,
  openDataset,
  runExperiment,
  summarise,
} from '../../packages/eval/dist/index.js'

const count = Number(process.argv[2] ?? 5_000)
const ALONE = 500
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const usage = {
  inputTokens: 100,
  cachedTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  replies: 1,
  cost: 0.001,
}
const model = {
  id: 'fake/instant',
  async *generate() {
    const calls = [{ id: 'c', name: 'finalAnswer', arguments: { answer: 3 } }]
    const reply = {
      text: '',
      calls,
      finish: 'calls',
      usage,
      model: 'fake/instant',
      timing: { firstMs: 0, totalMs: 0 },
    }
    yield { type: 'reply', reply } as const
  },
}

const folder = mkdtempSync(join(tmpdir(), 'bench-eval-'))
try {
  const rows = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ id: `t${n}`, task: `What is 1 plus 2? (${n})`, expected: 3, tags: ['sum'] }),
  )
  writeFileSync(join(folder, 'tasks.jsonl'), rows.join('\n'))
  const before = await measureAlone()
  console.log(`Node ${process.versions.node}\n`)
  console.log(`| tasks | per task | heap after a collection |`)
  console.log('|---|---|---|')
  const { perTask } = await measureExperiment()
  // Other work on the machine makes either slower.
  const alone = Math.min(before, await measureAlone())
  console.log(`\nThe same agent without an experiment: ${alone.toFixed(2)} ms per task.`)
  console.log(`Harness: ${(perTask - alone).toFixed(2)} ms per task (to reach: ≤ 3 ms).`)
} finally {
  rmSync(folder, { recursive: true })
}

async function measureAlone(): Promise<number> {
  const run = async () => {
    await using agent = new Agent({ level: 3, model })
    await agent.run('What is 1 plus 2?')
  }
  for (let n = 0; n < 100; n += 1) await run()
  const began = performance.now()
  for (let n = 0; n < ALONE; n += 1) await run()
  return (performance.now() - began) / ALONE
}

async function measureExperiment(): Promise<{ perTask: number }> {
  await using sandbox = lazySandbox()
  using log = await ExperimentLog.open(join(folder, 'out'))
  const paidOnce = log.replies.modelOf.bind(log.replies)
  const targets = [agentTarget({ level: 3, model, sandbox, paidOnce })]
  const dataset = openDataset(join(folder, 'tasks.jsonl'))
  const began = performance.now()
  const marks = [count / 10, count / 5, count / 2, count]
  const { keys } = await runExperiment({
    dataset,
    targets,
    log,
    sandbox,
    onProgress({ done, ended }) {
      if (ended === undefined || !marks.includes(done)) return
      const perTask = (performance.now() - began) / done
      collect()
      const heap = process.memoryUsage().heapUsed / 2 ** 20
      console.log(`| ${done} | ${perTask.toFixed(2)} ms | ${heap.toFixed(1)} MiB |`)
    },
  })
  const perTask = (performance.now() - began) / count
  const { summaries } = await summarise(
    log.records((key) => keys.has(key)),
    keys.size,
  )
  if (summaries[0]?.outcomes.passed !== count) throw new Error(`expected ${count} right answers`)
  return { perTask }
}
