/** A daemon with its hosts: makespan against the critical path, the time a dead host costs, and idling. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Bus,
  connectFromEnv,
  eventName,
  followEvents,
  listAgents,
  requestRun,
} from '../../packages/bus/dist/index.js'

const DAGS = 20
const KILLS = 7
const IDLE_MS = 10_000
/** A host that has lived for so long is started again at once when it dies. */
const SETTLED_MS = 5_500
const MAIN = join(import.meta.dirname, '../../apps/cli/bin/bailiwick.js')

let state = 7
/** A number from 0 to 1 (a linear congruential generator: the same DAGs every time). */
const random = () => {
  state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
  return state / 2 ** 32
}

interface Task {
  name: string
  after: string[]
  ms: number
}

/** A few tasks, each after some of those before it. */
function dag(number: number): Task[] {
  const count = 4 + Math.floor(random() * 7)
  return Array.from({ length: count }, (_, index) => ({
    name: `d${number}t${index}`,
    after: Array.from({ length: index }, (_, before) => `d${number}t${before}`).filter(() => random() < 0.3),
    ms: 50 + Math.floor(random() * 450),
  }))
}

function criticalPath(tasks: Task[]): number {
  const ends = new Map<string, number>()
  for (const { name, after, ms } of tasks) {
    ends.set(name, ms + Math.max(0, ...after.map((one) => ends.get(one) ?? 0)))
  }
  return Math.max(...ends.values())
}

const dags = Array.from({ length: DAGS + 1 }, (_, number) => dag(number))
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

const busy = '<code>\nfor (let n = 0; n < 1000; n++) await nap({})\n</code>'
const nap = `{
  name: 'nap', description: 'waits', input: { type: 'object', properties: {} }, effect: 'none',
  run: () => new Promise((resolve) => setTimeout(resolve, 20, 'done')),
}`
const replies = {
  worker: Object.fromEntries(dags.flat().map(({ name, ms }) => [name, [{ text: 'done', delayMs: ms }]])),
  coder: { '*': [busy] },
  writer: { '*': ['done'] },
}
writeFileSync(join(folder, 'replies.json'), JSON.stringify(replies))
for (const [name, level] of [
  ['worker', 0],
  ['coder', 5],
  ['writer', 0],
] as const) {
  writeFileSync(
    join(folder, `${name}.mjs`),
    `export default { name: '${name}', description: 'x', level: ${level}, tools: [${level === 5 ? nap : ''}] }`,
  )
}
const config = {
  model: `scripted:${folder}/replies.json`,
  team: [{ agent: './worker.mjs', maxConcurrent: 32 }, { agent: './coder.mjs', replicas: 2 }, './writer.mjs'],
}
writeFileSync(join(folder, 'bailiwick.config.mjs'), `export default ${JSON.stringify(config)}`)
cli('up', '--detach')
try {
  await using bus = await connectFromEnv('bench', JSON.parse(cli('env', '--json')))
  console.log('\n| a team of four hosts | beside it | measured | ratio | to reach |\n|---|---|---|---|---|')
  const idle = await idleCpu(bus)
  console.log(`| idle daemon, CPU | | ${idle.toFixed(2)}% of one core | | ≤ 1% |`)
  const [warm = [], ...measured] = dags
  await makespan(bus, warm, 'warm')
  const ratios: number[] = []
  let [all, path] = [0, 0]
  for (const [number, tasks] of measured.entries()) {
    const ms = await makespan(bus, tasks, `dag${number}`)
    all += ms
    path += criticalPath(tasks)
    ratios.push(ms / criticalPath(tasks))
  }
  console.log(
    `| makespan of ${DAGS} random DAGs | critical paths ${path} ms | ${all} ms | median ${median(ratios).toFixed(3)}, sum ${(all / path).toFixed(3)} | ≤ 1.05 |`,
  )
  const deaths: number[] = []
  for (let n = 0; n < KILLS; n += 1) deaths.push(await resumption(bus, `kill${n}`))
  console.log(
    `| host killed in a step, to the next host's first new action, p50 of ${KILLS} | ack_wait 30 s | ${median(deaths)} ms (worst ${Math.max(...deaths)}) | | ≤ 1 s |`,
  )
} finally {
  cli('down')
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** From the run's begin to the end of its last task; what words the answer is not of the plan. */
async function makespan(bus: Bus, tasks: Task[], run: string): Promise<number> {
  const plan = {
    tasks: tasks.map(({ name, after }) => ({ name, agent: 'worker', text: 'x', after, inputs: [] })),
  }
  await requestRun(bus, 'submit', { run, text: 'x', plan })
  let [begin, end] = [0, 0]
  for await (const { event } of followEvents(bus, { from: 'beginning', run })) {
    const name = eventName(event.type)
    if (name === 'run.submitted') begin = Date.parse(event.time)
    if (name === 'task.ended' && !event.task.endsWith('answer')) end = Date.parse(event.time)
    if (name === 'run.ended') return end - begin
  }
  return Number.NaN
}

async function resumption(bus: Bus, run: string): Promise<number> {
  await untilSettled(bus)
  await requestRun(bus, 'submit', { run, text: 'x', agent: 'coder' })
  let [killed, attempts, calls] = [0, 0, 0]
  let host: unknown
  for await (const { event } of followEvents(bus, { from: 'beginning', run })) {
    const name = eventName(event.type)
    if (name === 'task.started') {
      attempts += 1
      host = event.data.host
    }
    // A record of the step that was not there before: it goes on.
    if (attempts === 2 && name === 'call.ended') break
    if (name === 'call.ended' && killed === 0 && ++calls === 10) {
      const pid = await pidOf(bus, String(host))
      killed = Date.now()
      process.kill(pid, 'SIGKILL')
    }
  }
  const took = Date.now() - killed
  await requestRun(bus, 'cancel', { run }, { waitMs: 15_000 })
  return took
}

/** Waits until both code agents are there, as in a team whose hosts do not die every second. */
async function untilSettled(bus: Bus): Promise<void> {
  for (;;) {
    const coders = (await listAgents(bus)).filter(
      // The registry has the dead for a while.
      ({ card, pid, startedAt }) =>
        card.name === 'coder' && existsSync(`/proc/${pid}`) && Date.now() - startedAt > SETTLED_MS,
    )
    if (coders.length === 2) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function pidOf(bus: Bus, name: string): Promise<number> {
  const found = (await listAgents(bus)).find(({ host }) => host === name)
  if (found === undefined) throw new Error(`no host ${name} is announced`)
  return found.pid
}

/** Of the daemon's process, from /proc: user and system time in hundredths of a second. */
async function idleCpu(bus: Bus): Promise<number> {
  const { pid } = await requestRun(bus, 'status', {})
  const ticks = () => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const begin = ticks()
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  return ((ticks() - begin) * 10 * 100) / IDLE_MS
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
