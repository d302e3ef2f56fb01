import { type Bus, followJournal, openJournal, ringTask, takeTasks } from '../../packages/bus/dist/index.js'
import { inWindow } from './raw-path.ts'

const AGENT = 'bench'
const usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, replies: 0, cost: 0 }

/** A host whose agent answers at once: reads its journal, appends attempt and end, settles. */
export async function hostOurs(bus: Bus, slots: number): Promise<void> {
  for await (const { run, task, attempts, ack } of takeTasks(bus, AGENT, { maxConcurrent: slots })) {
    void (async () => {
      const journal = openJournal(bus, { writer: AGENT, run, task })
      for await (const _ of journal.read());
      await journal.append([
        {
          type: 'task.started',
          at: Date.now(),
          attempt: attempts,
          host: `${process.pid}`,
          engine: { node: process.versions.node, v8: process.versions.v8, bailiwick: '0' },
          level: 0,
        },
        {
          type: 'task.ended',
          at: Date.now(),
          status: 'completed',
          output: 1,
          usage,
          artifacts: [],
        },
      ])
      ack()
    })()
  }
}

/** Creates, rings and awaits `count` tasks, `window` at a time. Milliseconds each. */
export async function driveOurs(bus: Bus, count: number, window: number, run: string): Promise<number[]> {
  const waiting = new Map<string, () => void>()
  const stop = new AbortController()
  const following = (async () => {
    for await (const { task, records } of followJournal(bus, { run, signal: stop.signal })) {
      if (records.some(({ type }) => type === 'task.ended')) waiting.get(task)?.()
    }
  })()
  const took = await inWindow(count, window, async (n) => {
    const task = `${run}-${n}`
    const ended = new Promise<void>((resolve) => waiting.set(task, resolve))
    await openJournal(bus, { writer: AGENT, run, task }).append([
      { type: 'task.created', at: Date.now(), ...spec(run, task) },
    ])
    await ringTask(bus, { agent: AGENT, run, task, ring: 1 })
    await ended
    waiting.delete(task)
  })
  stop.abort()
  await following
  return took
}

function spec(run: string, task: string) {
  const grant = { level: 0, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' } as const
  return {
    run,
    owner: 'user',
    task,
    agent: AGENT,
    name: 't1',
    text: 'answer',
    inputs: [],
    results: {},
    seed: 's',
    depth: 0,
    grant,
  }
}
