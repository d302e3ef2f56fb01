import { setTimeout as sleep } from 'node:timers/promises'
import { BenchDaemon, cpuMs, findPids, keptMb, pssMb } from './daemon.ts'
import { driveRuns, Ends, quantile, submitRuns, until } from './drive.ts'

/** How long an idle daemon is watched. */
const IDLE_MS = 10_000

/** Open runs: half of them wait in a queue, half for a person. Then the next start with them in the store. */
export async function openRuns(count: number): Promise<void> {
  const half = Math.floor(count / 2)
  using daemon = new BenchDaemon(
    [
      { name: 'worker', level: 0 },
      // Its only task never ends, so the others stay queued.
      { name: 'busy', level: 0, maxConcurrent: 1 },
      { name: 'asker', level: 3, tools: ['writeArtifact'], approval: 'always', maxConcurrent: 32 },
    ],
    {
      worker: { '*': ['done'] },
      busy: { '*': [{ text: 'done', delayMs: 10 * 60 * 60_000 }] },
      asker: {
        '*': [{ calls: [{ name: 'writeArtifact', arguments: { name: 'a.txt', content: 'x' } }] }, 'done'],
      },
    },
  )
  daemon.up()
  try {
    await using bus = await daemon.connect()
    const pids = await findPids(bus)
    await using ends = new Ends(bus)
    await driveRuns(bus, ends, {
      count: 100,
      window: 10,
      prefix: 'warm',
      request: { text: 'x', agent: 'worker' },
    })
    const before = pssMb(pids.daemon)
    const kept = [await keptMb(pids.daemon)]
    for (const [agent, prefix] of [
      ['busy', 'queued'],
      ['asker', 'asking'],
    ] as const) {
      const began = performance.now()
      const took = await submitRuns(bus, { count: half, window: 50, prefix, request: { text: 'x', agent } })
      const seconds = (performance.now() - began) / 1_000
      console.log(
        `${half} runs ${prefix}: ${(half / seconds).toFixed(0)} submits per second, p50 ${quantile(took, 0.5).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms, worst ${Math.max(...took).toFixed(0)} ms`,
      )
    }
    const began = performance.now()
    await until(() => (ends.counts.get('call.asked') ?? 0) >= half)
    console.log(
      `All ${half} wait for a person ${((performance.now() - began) / 1_000).toFixed(0)} s after the last submit.`,
    )
    await sleep(IDLE_MS)
    const after = pssMb(pids.daemon)
    kept.push(await keptMb(pids.daemon))
    const idle = await idleCpu(pids.daemon)
    console.log(
      `Daemon: Pss ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after; it keeps ${perRun(kept, count)} per open run; idle ${idle.toFixed(1)}% of a core. Hosts: ${pids.hosts.map((pid) => pssMb(pid).toFixed(0)).join(', ')} MB.`,
    )
    const { took } = await driveRuns(bus, ends, {
      count: 200,
      window: 10,
      prefix: 'beside',
      request: { text: 'x', agent: 'worker' },
    })
    const totals = took.map(({ total }) => total)
    console.log(
      `Direct runs beside them: p50 ${quantile(totals, 0.5).toFixed(1)} ms, p99 ${quantile(totals, 0.99).toFixed(1)} ms`,
    )
  } finally {
    daemon.down()
  }
  await nextStart(daemon, `${count} open runs`)
}

/** Ended runs: what the daemon keeps of each, and the next start. */
export async function endedRuns(count: number): Promise<void> {
  using daemon = new BenchDaemon([{ name: 'worker', level: 0, maxConcurrent: 64 }], {
    worker: { '*': ['done'] },
  })
  daemon.up()
  try {
    await using bus = await daemon.connect()
    const pids = await findPids(bus)
    await using ends = new Ends(bus)
    const request = { text: 'Count the rows of the table of orders by month.', agent: 'worker' }
    await driveRuns(bus, ends, { count: 1_000, window: 50, prefix: 'warm', request })
    await sleep(IDLE_MS)
    const before = pssMb(pids.daemon)
    const kept = [await keptMb(pids.daemon)]
    await driveRuns(bus, ends, { count, window: 50, prefix: 'ended', request })
    await sleep(IDLE_MS)
    const after = pssMb(pids.daemon)
    kept.push(await keptMb(pids.daemon))
    console.log(
      `Daemon: Pss ${before.toFixed(0)} MB before ${count} runs, ${after.toFixed(0)} MB after; it keeps ${perRun(kept, count)} per ended run. On disk: ${(sum([...daemon.streamBytes().values()]) / (count + 1_000) / 1024).toFixed(2)} KB per run.`,
    )
  } finally {
    daemon.down()
  }
  await nextStart(daemon, `${count} ended runs`)
}

/** A large team: how long it takes to start, and the memory of a host. */
export async function largeTeam(count: number): Promise<void> {
  const agents = Array.from({ length: count }, (_, index) => ({ name: `agent${index + 1}`, level: 3 }))
  const replies = Object.fromEntries(agents.map(({ name }) => [name, { '*': ['done'] }]))
  using daemon = new BenchDaemon(agents, replies)
  const first = daemon.up()
  daemon.down()
  const second = daemon.up()
  try {
    await using bus = await daemon.connect()
    await using ends = new Ends(bus)
    const cold: number[] = []
    for (const { name } of agents) {
      const { took } = await driveRuns(bus, ends, {
        count: 1,
        window: 1,
        prefix: name,
        request: { text: 'x', agent: name },
      })
      cold.push(took[0]?.total ?? Number.NaN)
    }
    const { hosts } = await findPids(bus)
    const memory = hosts.map(pssMb)
    const warm: number[] = []
    for (const { name } of agents) {
      const { took } = await driveRuns(bus, ends, {
        count: 1,
        window: 1,
        prefix: `${name}-again`,
        request: { text: 'x', agent: name },
      })
      warm.push(took[0]?.total ?? Number.NaN)
    }
    console.log(
      `Team of ${count}: up ${first.toFixed(0)} ms, again ${second.toFixed(0)} ms; first task p50 ${quantile(cold, 0.5).toFixed(0)} ms (worst ${Math.max(...cold).toFixed(0)}), second ${quantile(warm, 0.5).toFixed(0)} ms; ${hosts.length} hosts, Pss ${(sum(memory) / Math.max(1, memory.length)).toFixed(1)} MB each.`,
    )
  } finally {
    daemon.down()
  }
}

async function nextStart(daemon: BenchDaemon, what: string): Promise<void> {
  const ms = daemon.up()
  try {
    await using bus = await daemon.connect()
    const pids = await findPids(bus)
    // Unlike the time, what it costs hardly depends on what else the machine does.
    const [cpu, serverCpu] = [cpuMs(pids.daemon), cpuMs(pids.server)].map((ms) => (ms / 1_000).toFixed(1))
    await sleep(IDLE_MS)
    console.log(
      `up with ${what}: ${(ms / 1_000).toFixed(1)} s (CPU: daemon ${cpu} s, server ${serverCpu} s); the daemon then has ${pssMb(pids.daemon).toFixed(0)} MB and uses ${(await idleCpu(pids.daemon)).toFixed(1)}% of a core.`,
    )
  } finally {
    daemon.down()
  }
}

function perRun([before = 0, after = 0]: readonly number[], count: number): string {
  return `${(((after - before) * 1_024) / count).toFixed(2)} KB`
}

async function idleCpu(pid: number): Promise<number> {
  const before = cpuMs(pid)
  await sleep(IDLE_MS)
  return ((cpuMs(pid) - before) * 100) / IDLE_MS
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
