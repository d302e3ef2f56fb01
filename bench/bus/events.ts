/** The projection of journals into events: events per second, bytes per event, and a small run's lag beside a large one. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Bus,
  connectBus,
  connectFromEnv,
  encodeJournalMessage,
  eventName,
  followEvents,
  openJournal,
  prepareStreams,
  projectJournal,
  requestRun,
  SUBJECTS,
} from '../../packages/bus/dist/index.js'
import type { JournalRecord } from '../../packages/contract/dist/index.js'
import { startTestServer } from '../../packages/nats-server/dist/testing/index.js'

const MAIN = join(import.meta.dirname, '../../apps/cli/bin/bailiwick.js')
/** Runs of the real team: with these, its store has at least 20,000 events. */
const DIRECT = 800
const CODE = 500
const PLANS = 80
/** Calls of the large run. Each makes two events. */
const CALLS = 150_000
const SMALL_EVERY_MS = 50

console.log('\n| events | measured | to reach |\n|---|---|---|')
await measureStore()
await measureLag()

/** A daemon with agents that answer, call tools from code, and follow plans. */
async function measureStore(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bailiwick-bench-'))
  const env = { ...process.env, BAILIWICK_MODEL: '', OLLAMA_HOST: 'http://127.0.0.1:9' }
  const cli = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`bailiwick ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  writeTeam(folder)
  cli('up', '--detach')
  try {
    await using bus = await connectFromEnv('bench', JSON.parse(cli('env', '--json')))
    const submits = [
      ...Array.from({ length: DIRECT }, (_, n) => ({
        run: `d${n}x${n * 7919}`,
        text: 'What is it?',
        agent: 'worker',
      })),
      ...Array.from({ length: CODE }, (_, n) => ({
        run: `c${n}x${n * 7919}`,
        text: 'Add them up',
        agent: 'coder',
      })),
      ...Array.from({ length: PLANS }, (_, n) => ({
        run: `p${n}x${n * 7919}`,
        text: 'Compare them',
        plan: planOf(),
      })),
    ]
    const following = untilEnded(bus, submits.length)
    let next = 0
    const lane = async () => {
      for (let one = submits[next++]; one !== undefined; one = submits[next++]) {
        await requestRun(bus, 'submit', one, { waitMs: 120_000 })
      }
    }
    await Promise.all(Array.from({ length: 8 }, lane))
    const { events, raw } = await following
    const bytes = eventBytes(folder)
    console.log(
      `| ${events} events of a real team: bytes each, on disk | ${(bytes / events).toFixed(0)} (as JSON ${(raw / events).toFixed(0)}) | ≤ 250 |`,
    )
  } finally {
    cli('down')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function writeTeam(folder: string): void {
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content)
  const code = (text: string) => `<code>\n${text}\n</code>`
  const replies = {
    worker: { '*': ['It is the answer that was asked for.'] },
    coder: {
      '*': [
        code('const rows = []; for (let n = 0; n < 5; n++) rows.push(await price({ n })); rows.length'),
        code('await note({ text: String(rows.length) }); finalAnswer(rows.reduce((a, b) => a + b, 0))'),
      ],
    },
    writer: { '*': ['They add up to {{t1}}.'] },
  }
  write('replies.json', JSON.stringify(replies))
  write('worker.mjs', `export default { name: 'worker', description: 'answers', level: 0 }`)
  write('writer.mjs', `export default { name: 'writer', description: 'writes', level: 0 }`)
  const object = `{ type: 'object', properties: {} }`
  write(
    'coder.mjs',
    `export default { name: 'coder', description: 'counts', level: 5, tools: [
      { name: 'price', description: 'looks up a price', input: ${object}, effect: 'none', run: async ({ n }) => n * 3 },
      { name: 'note', description: 'takes a note', input: ${object}, effect: 'idempotent', run: async () => 'noted' },
    ] }`,
  )
  const config = {
    model: `scripted:${folder}/replies.json`,
    team: [
      { agent: './worker.mjs', maxConcurrent: 32 },
      { agent: './coder.mjs', maxConcurrent: 8 },
      { agent: './writer.mjs', maxConcurrent: 8 },
    ],
  }
  write('bailiwick.config.mjs', `export default ${JSON.stringify(config)}`)
}

function planOf() {
  const task = (name: string, agent: string, after: string[]) => ({
    name,
    agent,
    text: 'x',
    after,
    inputs: [],
  })
  return {
    tasks: [
      task('t1', 'coder', []),
      task('t2', 'worker', []),
      task('t3', 'worker', ['t1']),
      task('t4', 'coder', ['t2']),
      task('t5', 'worker', ['t3', 't4']),
    ],
  }
}

async function untilEnded(bus: Bus, runs: number) {
  const seen = { events: 0, raw: 0 }
  let ended = 0
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    seen.events += 1
    seen.raw += JSON.stringify(event).length
    if (eventName(event.type) === 'run.ended' && ++ended === runs) return seen
  }
  throw new Error('the events ended')
}

/** The size of the message blocks of the stream EVENT. */
function eventBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.parentPath.endsWith('/EVENT/msgs') && entry.name.endsWith('.blk'),
    )
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** One run with many events waiting, and beside it small runs that begin when the projection begins. */
async function measureLag(): Promise<void> {
  await using server = await startTestServer()
  const { creds } = await server.credentials({ name: 'coordinator' })
  await using bus = await connectBus({ url: server.url, creds, name: 'coordinator' })
  await using hosts = await connectBus({ url: server.url, creds, name: 'hosts' })
  await prepareStreams(bus)
  await fillLargeRun(hosts)
  const lags: number[] = []
  const sent = new Map<string, number>()
  let ended = false
  // Not a follower of all events: it would measure itself too.
  const subscription = hosts.connection.subscribe(SUBJECTS.event('task', '*', '*', '*'), {
    callback: (_, { subject }) => {
      const [verb, , run = ''] = subject.split('.').slice(-3)
      if (verb === 'ended') ended = true
      const at = sent.get(run)
      if (at !== undefined) lags.push(performance.now() - at)
      sent.delete(run)
    },
  })
  const stop = new AbortController()
  const begin = performance.now()
  const cpu = process.cpuUsage()
  const projecting = projectJournal(bus, stop.signal)
  for (let n = 0; !ended || sent.size > 0; n += 1) {
    if (!ended) {
      const journal = openJournal(hosts, { writer: 'b', run: `small${n}`, task: 't' })
      await journal.append([{ type: 'task.planned', at: Date.now(), step: 1, text: 'x' }])
      sent.set(`small${n}`, performance.now())
    }
    await new Promise((resolve) => setTimeout(resolve, SMALL_EVERY_MS))
  }
  const took = (performance.now() - begin) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const { state } = await bus.jsm.streams.info('EVENT')
  lags.sort((a, b) => a - b)
  const at = (q: number) => `${lags[Math.min(lags.length - 1, Math.floor(lags.length * q))]?.toFixed(0)} ms`
  console.log(
    `| ${CALLS} calls of one run that wait: events per second | ${(state.messages / took).toFixed(0)} (${state.messages} in ${took.toFixed(1)} s) | |`,
  )
  console.log(
    `| the same: a small run's event, p50, p99, longest of ${lags.length} | ${[0.5, 0.99, 1].map(at).join(', ')} | ≤ 500 ms |`,
  )
  console.log(
    `| the same: CPU of this process per event | ${((user + system) / state.messages).toFixed(0)} µs | |`,
  )
  console.log(`| the same: memory of this process | ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB | |`)
  subscription.unsubscribe()
  stop.abort()
  await projecting
}

async function fillLargeRun(bus: Bus): Promise<void> {
  const append = (records: JournalRecord[]) =>
    bus.js.publish(SUBJECTS.journal('a', 'large', 't'), encodeJournalMessage(records))
  let waiting: Promise<unknown>[] = []
  for (let n = 0; n < CALLS; n += 1) {
    const step = 1 + Math.floor(n / 1_000)
    const call = `${step}.${n % 1_000}`
    const at = Date.now()
    waiting.push(
      append([
        {
          type: 'call.started',
          at,
          step,
          turn: 0,
          call,
          name: 'price',
          arguments: `{"n":${n}}`,
          effect: 'idempotent',
          key: `t/${call}`,
        },
        { type: 'call.ended', at, step, call, ok: true, value: String(n), ms: 1, clock: at },
      ]),
    )
    if (waiting.length === 500) {
      await Promise.all(waiting)
      waiting = []
    }
  }
  await Promise.all(waiting)
  const usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, replies: 0, cost: 0 }
  await append([{ type: 'task.ended', at: Date.now(), status: 'completed', usage, artifacts: [] }])
}
