import { followJournal, sendControl, serveFiles } from '@bailiwick/bus'
import type { Grant } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { corpus } from '../../sandbox/test/hostile/corpus.ts'
import calm from './agents/calm.ts'
import hostile from './agents/hostile.ts'
import { type HostProcess, openHosts } from './host-process.ts'
import { grantOf, startTestBus, type TestBus, until } from './test-bus.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 })

/** Rows that run at the same time, which need as many worlds. The host has one slot more, for a harmless task. */
const AT_ONCE = 4
/** A cancel may take this much longer than that of a task that only waits, at the same time on another host, ms. */
const MAX_CANCEL_MS = 1_000
/** How long a task's code runs before the cancel, ms. */
const RUN_MS = 60
/** A task may take this much longer than its code's limits of time, which are below a second: the machine is busy. */
const MAX_TASK_MS = 30_000

/** A task's text, its name in the script of the model, and its agent. */
interface Work {
  text: string
  name: string
  agent: string
}

/** Families that keep a step open or their host busy. Of the others, which the sandbox ends by itself, some rows suffice. */
const WHOLE = ['endless', 'hang', 'pause']
const ONE_OF = process.env.HOSTILE_ROWS === 'all' ? 1 : 4
const rows: (Work & { code: string })[] = Object.entries(corpus)
  .flatMap(([family, snippets]) =>
    snippets
      .filter((_, index) => WHOLE.includes(family) || index % ONE_OF === 0)
      .map(([tries, , code]) => ({ text: `${family}: ${tries}`, code })),
  )
  .map((row, index) => ({ ...row, name: `row${index + 1}`, agent: 'hostile' }))
const NEXT: Work = { text: 'count to two', name: 'next', agent: 'hostile' }
const WAIT: Work = { text: 'wait', name: 'wait', agent: 'calm' }
/** Four ways to keep a step open. */
const HANGS: Work[] = ['loop', 'poison', 'microtasks', 'call'].map((name) => ({
  text: `hang: ${name}`,
  name,
  agent: 'hostile',
}))

const coded = (code: string) => `<code>\n${code}\n</code>`
const AFTER = coded('finalAnswer("after")')
const SCRIPT = {
  hostile: {
    ...Object.fromEntries(rows.map(({ name, code }) => [name, [coded(code), AFTER]])),
    // The limits are short, so a busy machine may stop even this code.
    next: [1, 2, 3, 4, 5].map((attempt) => coded(`finalAnswer(await count({ x: [1, 2] })) // ${attempt}`)),
    loop: [coded('for (;;) try { await null } finally { continue }'), AFTER],
    poison: [
      coded('Object.defineProperty(Object.prototype, "get", { get() { throw new Error() } }); null.x'),
      coded('Object.defineProperty(Object.prototype, "set", { get() { for (;;); } }); await slow({})'),
      AFTER,
    ],
    microtasks: [coded('const f = () => queueMicrotask(f); f(); await new Promise(() => {})'), AFTER],
    call: [coded('for (;;) try { await slow({}) } finally { continue }'), AFTER],
  },
  calm: { wait: [coded('await slow({})')] },
}
const grants: Record<string, Grant> = { hostile: grantOf(hostile), calm: grantOf(calm) }

/** A task that was given, and when its code began and the task ended according to its journal, ms. */
interface Given {
  task: string
  work: Work
  givenAt: number
  beganAt?: number
  endedAt?: number
  status?: string
  output?: unknown
}

let test: TestBus
let hosts: Awaited<ReturnType<typeof openHosts>>
let host: HostProcess
const tasks = new Map<string, Given>()
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  test = stack.use(await startTestBus('hostile', 'calm'))
  // Large arguments and results are files.
  stack.use(await serveFiles(test.bus))
  hosts = stack.use(await openHosts(test, SCRIPT))
  host = await hosts.start('hostile.ts', '--max-concurrent', String(AT_ONCE + 1))
  await hosts.start('calm.ts')
  const stop = new AbortController()
  const following = follow(stop.signal)
  stack.defer(async () => {
    stop.abort()
    await following
  })
})
afterAll(() => stack.disposeAsync())

async function follow(signal: AbortSignal): Promise<void> {
  for await (const { task, records } of followJournal(test.bus, { signal })) {
    const seen = tasks.get(task)
    if (seen === undefined) continue
    for (const record of records) {
      if (record.type === 'step.started') seen.beganAt ??= performance.now()
      if (record.type !== 'task.ended') continue
      seen.endedAt = performance.now()
      seen.status = record.status
      seen.output = record.output
    }
  }
}

/** Puts a task into its agent's queue. */
async function give(work: Work): Promise<Given> {
  const task = `task${tasks.size + 1}`
  const given: Given = { task, work, givenAt: performance.now() }
  tasks.set(task, given)
  const { name, text, agent } = work
  await test.give({ task, name, text, agent, seed: text, grant: grants[agent] as Grant })
  return given
}

async function untilEnded(given: Given): Promise<number> {
  return until(() => given.endedAt, `the end of ${given.task}: ${given.work.text}`)
}

/** Checks that a harmless task completes. */
async function completesNext(problems: string[], after: string): Promise<void> {
  const next = await give(NEXT)
  await untilEnded(next)
  if (next.status !== 'completed') problems.push(`the task after ${after} ended as ${next.status}`)
}

/** Cancels a task whose code runs. Returns how long that took, or undefined if the task ended before, ms. */
async function cancel(given: Given): Promise<number | undefined> {
  if (given.endedAt !== undefined) return undefined
  const { task, work } = given
  const began = performance.now()
  await sendControl(test.bus, work.agent, 'cancel', { task, reason: 'enough' }, { hosts: 1 })
  return (await untilEnded(given)) - began
}

interface Cancel {
  row: Work
  /** How long the cancel took, and that of the idle task at the same time, ms. */
  ms: number
  calmMs: number
}

/** Cancels rows while their code runs, together with a task that waits on the other host. Leaves out those that ended before. */
async function cancelTogether(some: readonly Work[]): Promise<Cancel[]> {
  const given = await Promise.all([...some, WAIT].map(give))
  await Promise.all(
    given.map((one) => until(() => one.beganAt ?? one.endedAt, `the code of ${one.work.text}`)),
  )
  await new Promise((resolve) => setTimeout(resolve, RUN_MS))
  const took = await Promise.all(given.map(cancel))
  const calmMs = took.at(-1) ?? 0
  return some.flatMap((row, index) => {
    const ms = took[index]
    return ms === undefined ? [] : [{ row, ms, calmMs }]
  })
}

const isSlow = ({ ms, calmMs }: Cancel) => ms - calmMs > MAX_CANCEL_MS

/** Runs an action for each item, some at the same time. */
async function forEachOf<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await action(next)
    }),
  )
}

describe('an agent host that runs the hostile corpus', () => {
  /** Rows that still ran when they were canceled. */
  const canceled: Work[] = []

  it('cancels each row in time, and completes the next task', async () => {
    const problems: string[] = []
    for (let first = 0; first < rows.length; first += AT_ONCE) {
      const some = rows.slice(first, first + AT_ONCE)
      const cancels = await cancelTogether(some)
      canceled.push(...cancels.map(({ row }) => row))
      // A busy machine makes a cancel slow once, a fault each time.
      let slow = cancels.filter(isSlow)
      for (let again = 0; slow.length > 0 && again < 2; again += 1) {
        slow = (await cancelTogether(slow.map(({ row }) => row))).filter(isSlow)
      }
      problems.push(...slow.map(({ row, ms, calmMs }) => `${row.text}: ${ms} ms, beside ${calmMs} ms`))
      await completesNext(problems, some.map(({ text }) => text).join(', '))
    }
    expect(problems).toEqual([])
    expect(canceled.length).toBeGreaterThan(50)
  })

  it('ends each row that is not canceled, and completes the next task', async () => {
    const problems: string[] = []
    // The others have ended by themselves.
    await forEachOf(canceled, async (row) => {
      const given = await give(row)
      const ms = (await untilEnded(given)) - given.givenAt
      if (ms > MAX_TASK_MS) problems.push(`${row.text}: took ${ms} ms`)
      await completesNext(problems, row.text)
    })
    expect(problems).toEqual([])
  })

  it('gets all its slots back from tasks that hang at the same time', async () => {
    const problems: string[] = []
    for (let times = 0; times < 2; times += 1) {
      await Promise.all((await Promise.all(HANGS.map(give))).map(untilEnded))
      await Promise.all(HANGS.map(({ text }) => completesNext(problems, text)))
    }
    expect(problems).toEqual([])
  })

  it('has neither died nor retried a task', () => {
    expect(host.child.exitCode).toBe(null)
    expect(host.child.signalCode).toBe(null)
    expect(host.output.stderr).not.toContain('failed here and will be retried')
  })
})
