/**
 * `pnpm bench files`: one `queryTable` over CSV files of 60 MB and 300 MB, by a real toolbox and a real nats-server. The
 * time is a ratio to reading the same file from the server, because the speed of the machine changes. The memory (Pss, on
 * Linux) of the toolbox must not depend on the size of the file.
 *
 *     pnpm bench files [60 300]             sizes in MB
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { putArtifact, readArtifact } from '../../packages/bus/dist/index.js'
import { startToolboxBed } from '../../packages/tools/test/toolbox-bed.ts'

const given = process.argv.slice(2).map(Number)
const sizes = given.length > 0 ? given : [60, 300]
const SAMPLE_MS = 200
/** How long the toolbox may take to give memory back. */
const SETTLE_MS = 5_000

console.log(`Node ${process.versions.node}\n`)
console.log('| CSV | rows | read | query | ratio | toolbox before, peak, after | peak of the child |')
console.log('|---|---|---|---|---|---|---|')
await using bed = await startToolboxBed()
const toolbox = (await bed.startProcess()).pid ?? 0
// The first call loads code that stays in memory.
await query(1, 'warm')
for (const megabytes of sizes) console.log(await query(megabytes, `r${megabytes}`))

async function query(megabytes: number, run: string): Promise<string> {
  const file = { run, name: 'sales.csv', mediaType: 'text/csv', stream: csv(megabytes * 1e6) }
  const artifact = await putArtifact(bed.coordinator, file)
  const readAt = performance.now()
  for await (const _ of readArtifact(bed.coordinator, artifact));
  const readMs = performance.now() - readAt
  const task = `${run}-t1`
  const inputs = [{ name: 'sales', artifact, description: '' }]
  await bed.createTask({ run, task, agent: 'analyst', inputs })
  const before = pss(toolbox)
  const peaks = { toolbox: before, child: 0 }
  const isDone = new AbortController()
  const watching = watch(peaks, isDone.signal)
  const queryAt = performance.now()
  const sql = 'select region, count(*) as n, avg(amount) as mean from sales group by 1 order by 1'
  const { rows } = (await bed.call('analyst', 'queryTable', { sql }, { run, task })) as {
    rows: { n: number }[]
  }
  const queryMs = performance.now() - queryAt
  isDone.abort()
  await watching
  await sleep(SETTLE_MS)
  const count = rows.reduce((sum, { n }) => sum + n, 0)
  const memory = [before, peaks.toolbox, pss(toolbox)].map((value) => `${Math.round(value)}`).join(', ')
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  return `| ${megabytes} MB | ${count} | ${seconds(readMs)} | ${seconds(queryMs)} | ${(queryMs / readMs).toFixed(1)} | ${memory} MiB | ${Math.round(peaks.child)} MiB |`
}

async function watch(peaks: { toolbox: number; child: number }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    peaks.toolbox = Math.max(peaks.toolbox, pss(toolbox))
    for (const child of childrenOf(toolbox)) peaks.child = Math.max(peaks.child, pss(child))
    await sleep(SAMPLE_MS)
  }
}

/** A table of five columns with this many bytes. */
async function* csv(bytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('day,region,product,amount,note\n')
  let row = 0
  for (let left = bytes; left > 0; ) {
    let text = ''
    for (let n = 0; n < 10_000; n++, row++)
      text += `2024-${String((row % 12) + 1).padStart(2, '0')}-15,region ${row % 40},p-${row % 997},${(row % 10_000) / 100},"order ${row}, paid"\n`
    const piece = Buffer.from(text).subarray(
      0,
      left <= text.length ? text.lastIndexOf('\n', left) + 1 : text.length,
    )
    left = left <= text.length ? 0 : left - text.length
    yield piece
  }
}

/** MiB of memory that a process has for itself, and its part of what it shares. NaN where the system does not say. */
function pss(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024
  } catch {
    return 0
  }
}

function childrenOf(parent: number): number[] {
  try {
    return readdirSync(`/proc/${parent}/task`).flatMap((thread) =>
      readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8')
        .trim()
        .split(/\s+/)
        .filter(Boolean)
        .map(Number),
    )
  } catch {
    return []
  }
}
