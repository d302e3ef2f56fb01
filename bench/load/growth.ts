import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, connectBus } from '../../packages/bus/dist/index.js'
import { startTestServer } from '../../packages/nats-server/dist/testing/index.js'
import { BenchDaemon, cpuMs, findPids, type Pids, pssMb } from './daemon.ts'
import { driveRuns, Ends, quantile, type Work } from './drive.ts'

/** Runs at the same time, and how many in all. */
const ROWS = [
  { window: 1, count: 300 },
  { window: 10, count: 1_000 },
  { window: 50, count: 1_500 },
  { window: 200, count: 2_000 },
  { window: 1_000, count: 3_000 },
] as const
const PLANS = 200
/** A row starts no further run after so many milliseconds. */
const ROW_MS = 15_000
/** Durable messages of one direct run, about. */
const BARE_MESSAGES = 10

type TestServer = Awaited<ReturnType<typeof startTestServer>>

const AGENTS = [
  { name: 'worker', level: 0, maxConcurrent: 64 },
  { name: 'writer', level: 0, maxConcurrent: 64 },
] as const
const REPLIES = { worker: { '*': ['done'] }, writer: { '*': ['done'] } }

const DIRECT = { text: 'x', agent: 'worker' } as const
const PLAN = {
  text: 'x',
  plan: {
    tasks: [
      { name: 't1', after: [] },
      { name: 't2', after: [] },
      { name: 't3', after: ['t1'] },
      { name: 't4', after: ['t1', 't2'] },
      { name: 't5', after: ['t3', 't4'] },
    ].map((task) => ({ agent: 'worker', text: 'x', inputs: [], ...task })),
  },
}

/** Prints what runs cost, by the number of runs at the same time. @param stored ended runs in the store */
export async function growthTable(stored: number): Promise<void> {
  await using server = await startTestServer()
  await using bareBus = await openBare(server)
  using daemon = new BenchDaemon(AGENTS, REPLIES)
  daemon.up()
  try {
    await using bus = await daemon.connect()
    const pids = await findPids(bus)
    await using ends = new Ends(bus)
    await driveRuns(bus, ends, { count: 200, window: 10, prefix: 'warm', request: DIRECT })
    if (stored > 0)
      await driveRuns(bus, ends, { count: stored, window: 50, prefix: 'stored', request: DIRECT })
    console.log(heading(`direct runs at once${stored > 0 ? `, ${stored} in the store` : ''}`))
    for (const { window, count } of ROWS) {
      const bare = await driveBare(bareBus, Math.min(count, 1_000), window)
      const row = await measure(bus, ends, pids, { count, window, prefix: `n${window}`, request: DIRECT })
      console.log(`| ${window} | ${row} | ${bare} |`)
    }
    const runs = ends.counts.get('run.ended') ?? 0
    // The last events and the server's own files need a moment.
    await sleep(3_000)
    printDisk(daemon, runs)
    const events = [...ends.counts.values()].reduce((a, b) => a + b, 0)
    const eventBytes = daemon.streamBytes().get('EVENT') ?? 0
    console.log(
      `${(events / runs).toFixed(1)} events per run, ${(eventBytes / events).toFixed(0)} bytes each.\n`,
    )
    const plans = await measure(bus, ends, pids, { count: PLANS, window: 10, prefix: 'plan', request: PLAN })
    console.log(`${heading('plans of five tasks at once')}\n| 10 | ${plans} | | |`)
  } finally {
    daemon.down()
  }
}

function heading(first: string): string {
  const columns = [
    first,
    'runs/s',
    'p50 ms',
    'mean ms',
    'p99 ms',
    'p99/mean',
    'daemon CPU ms',
    'server CPU ms',
    'host CPU ms',
    'daemon Pss MB',
    'event lag p99 ms',
    `bare, ${BARE_MESSAGES} messages: per s`,
    'p50 ms',
  ]
  return `| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}`
}

async function measure(bus: Bus, ends: Ends, pids: Pids, work: Work): Promise<string> {
  const cpu = () => ({
    daemon: cpuMs(pids.daemon),
    server: cpuMs(pids.server),
    hosts: pids.hosts.map(cpuMs).reduce((a, b) => a + b, 0),
  })
  const before = cpu()
  const { took, seconds } = await driveRuns(bus, ends, { maxMs: ROW_MS, ...work })
  const after = cpu()
  const totals = took.map(({ total }) => total)
  const mean = totals.reduce((a, b) => a + b, 0) / totals.length
  const p99 = quantile(totals, 0.99)
  const per = (kind: keyof typeof before) => ((after[kind] - before[kind]) / took.length).toFixed(2)
  return [
    (took.length / seconds).toFixed(0),
    quantile(totals, 0.5).toFixed(1),
    mean.toFixed(1),
    p99.toFixed(1),
    (p99 / mean).toFixed(1),
    per('daemon'),
    per('server'),
    per('hosts'),
    pssMb(pids.daemon).toFixed(0),
    quantile(
      took.map(({ lag }) => lag),
      0.99,
    ).toFixed(0),
  ].join(' | ')
}

/** What the streams have on disk for each run. */
function printDisk(daemon: BenchDaemon, runs: number): void {
  const streams = [...daemon.streamBytes()].filter(([, bytes]) => bytes / runs >= 1)
  const each = streams.map(([name, bytes]) => `${name} ${(bytes / runs).toFixed(0)}`).join(', ')
  const all = streams.reduce((sum, [, bytes]) => sum + bytes, 0)
  console.log(`\nOn disk, bytes per direct run: ${(all / runs).toFixed(0)} (${each}).`)
}

/** A server without Bailiwick, with one stream. */
async function openBare(server: TestServer): Promise<Bus> {
  const { creds } = await server.credentials({ name: 'bare' })
  const bus = await connectBus({ url: server.url, creds, name: 'bare' })
  await bus.jsm.streams.add({ name: 'BARE', subjects: ['bare.*'] })
  return bus
}

/** What the bare client takes for the messages of a direct run, one after another. */
async function driveBare(bus: Bus, count: number, window: number): Promise<string> {
  const payload = JSON.stringify({ text: 'x'.repeat(300) })
  const took: number[] = []
  let next = 0
  const began = performance.now()
  await Promise.all(
    Array.from({ length: Math.min(window, count) }, async () => {
      while (next < count) {
        const subject = `bare.${next++}`
        const before = performance.now()
        for (let n = 0; n < BARE_MESSAGES; n += 1) await bus.js.publish(subject, payload)
        took.push(performance.now() - before)
      }
    }),
  )
  const seconds = (performance.now() - began) / 1_000
  return `${(count / seconds).toFixed(0)} | ${quantile(took, 0.5).toFixed(1)}`
}
