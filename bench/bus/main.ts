/** `node bench/bus/main.ts`: the bus beside the bare client, in one run, on a real server. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectBus, openJournal, prepareQueue, prepareStreams } from '../../packages/bus/dist/index.js'
import { startTestServer } from '../../packages/nats-server/dist/testing/index.js'
import { type Round, timeCalls } from './calls.ts'
import { driveOurs } from './our-path.ts'
import { driveRaw, inWindow, prepareRaw } from './raw-path.ts'

const HOSTS = 4
const SLOTS = 8
await using server = await startTestServer()
const { creds } = await server.credentials({ name: 'coordinator' })
const credsFile = join(server.dataDir, 'bench.creds')
await writeFile(credsFile, creds, { mode: 0o600 })
const bus = await connectBus({ url: server.url, creds, name: 'driver' })
await prepareStreams(bus)
await prepareQueue(bus, 'bench')
await prepareRaw(bus)

const hosts = Array.from({ length: HOSTS }, () =>
  spawn(process.execPath, [join(import.meta.dirname, 'host.ts'), String(SLOTS)], {
    env: { ...process.env, NATS_URL: server.url, NATS_CREDS: credsFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
)
await Promise.all(hosts.map((host) => once(host.stdout, 'data')))

try {
  console.log(
    `nats-server ${server.version}, Node ${process.versions.node}, ${HOSTS} hosts with ${SLOTS} slots each\n`,
  )
  console.log('| measure | bare client | ours | ratio |\n|---|---|---|---|')
  await driveRaw(bus, 200, 1, 'warm')
  await driveOurs(bus, 200, 1, 'warm')
  const raw = await driveRaw(bus, 500, 1, 'serial')
  const ours = await driveOurs(bus, 500, 1, 'serial')
  row('task, dispatch to committed result, p50 ms', quantile(raw, 0.5), quantile(ours, 0.5))
  row('the same, p99 ms', quantile(raw, 0.99), quantile(ours, 0.99))
  const rates = { raw: [] as number[], ours: [] as number[] }
  // Neighbours in time are compared: a machine whose speed changes changes it for both.
  for (let n = 0; n < 7; n += 1) {
    rates.raw.push(await rate(driveRaw, `many${n}`))
    rates.ours.push(await rate(driveOurs, `many${n}`))
  }
  const part = rates.ours.map((ours, n) => ours / (rates.raw[n] ?? Number.NaN))
  console.log(
    `| tasks per second, 4 hosts, 32 in flight, median of 7 pairs | ${quantile(rates.raw, 0.5).toFixed(0)} | ${quantile(rates.ours, 0.5).toFixed(0)} | ${quantile(part, 0.5).toFixed(2)} |`,
  )

  const rounds = await timeCalls(bus)
  const half = (kind: keyof Round) => rounds.map((round) => quantile(round[kind], 0.5))
  const bare = half('bare')
  for (const [kind, name] of [
    ['remote', 'tool call by the host alone'],
    ['code', 'tool call from code'],
  ] as const) {
    const ratio = quantile(
      half(kind).map((ms, n) => ms / (bare[n] ?? Number.NaN)),
      0.5,
    )
    console.log(
      `| ${name}, p50 ms (bare: request and reply + one pipe round trip), median of ${rounds.length} rounds | ${quantile(bare, 0.5).toFixed(3)} | ${quantile(half(kind), 0.5).toFixed(3)} | ${ratio.toFixed(2)} |`,
    )
  }
  const { publish, append } = await appends(2_000)
  row('durable append, p50 ms (bare: an unfenced publish)', quantile(publish, 0.5), quantile(append, 0.5))
} finally {
  for (const host of hosts) host.kill()
  await bus.close()
}
// Each in a process of its own: what one leaves behind must not be in the other's figures.
for (const part of ['resume.ts', 'events.ts', 'team.ts']) {
  await once(spawn(process.execPath, [join(import.meta.dirname, part)], { stdio: 'inherit' }), 'exit')
}

async function rate(drive: typeof driveRaw, name: string): Promise<number> {
  const begin = performance.now()
  await drive(bus, 2_000, 32, name)
  return 2_000_000 / (performance.now() - begin)
}

async function appends(count: number): Promise<{ publish: number[]; append: number[] }> {
  const journal = openJournal(bus, { writer: 'bench', run: 'appends', task: 't' })
  const record = { type: 'task.planned', at: 0, step: 1, text: 'x'.repeat(128) } as const
  const payload = JSON.stringify({ v: 1, records: [record] })
  const publish = await inWindow(
    count,
    1,
    async () => void (await bus.js.publish('raw.log.appends', payload)),
  )
  const append = await inWindow(count, 1, () => journal.append([record]))
  return { publish, append }
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN
}

function row(measure: string, bare: number, ours: number): void {
  const format = (value: number) => (value > 100 ? value.toFixed(0) : value.toFixed(3))
  console.log(`| ${measure} | ${format(bare)} | ${format(ours)} | ${(ours / bare).toFixed(2)} |`)
}
