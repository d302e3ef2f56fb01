import { type Bus, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventsUntil, type TeamFolder, teamFolder } from './team-folder.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
/** The lead waits for three delegates: one is in a loop, one in a tool, one waits for its model. */
const REPLIES = {
  lead: { '*': [code('await Promise.all([looper, napper, thinker].map((one) => one({ task: "x" })))')] },
  looper: { '*': [code('for (;;);')] },
  napper: { '*': [code('await nap({})')] },
  thinker: { '*': [{ text: 'never', untilFile: 'never' }] },
}
const NAPPER = `export default {
  name: 'napper', description: 'x', level: 5,
  limits: { wallMs: 600000 },
  tools: [{
    name: 'nap', description: 'x', input: { type: 'object', properties: {} }, effect: 'idempotent',
    run: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }],
}`
const AGENTS = ['looper', 'napper', 'thinker', 'lead']

let place: TeamFolder
let bus: Bus
beforeAll(async () => {
  place = await teamFolder(REPLIES, {
    agents: [
      { name: 'lead', level: 5, delegates: ['looper', 'napper', 'thinker'] },
      { name: 'looper', level: 5, limits: { wallMs: 600_000, cpuMs: 600_000 } },
      { name: 'napper', level: 5 },
      { name: 'thinker', level: 5 },
    ],
    config: { strategy: 'direct', lead: 'lead' },
  })
  await place.write('napper.mjs', NAPPER)
  await place.bailiwick('up', '--detach')
  bus = await place.connect()
})
afterAll(async () => {
  await bus?.close()
  await place?.[Symbol.asyncDispose]()
})

const BUSY = ['step.started looper', 'call.started napper', 'task.started thinker']

/** Follows a run until its loop, its tool and its model call have started. @returns how long that took, ms */
async function untilBusy(run: string): Promise<number> {
  const left = new Set(BUSY)
  for await (const { event } of followEvents(bus, { from: 'beginning', run })) {
    left.delete(`${eventName(event.type)} ${event.agent}`)
    if (left.size === 0) return Date.parse(event.time) - ((await details(run)).submittedAt ?? 0)
  }
  throw new Error(`Expected ${[...left].join(', ')}, found the end of the events.`)
}

const details = (run: string) => requestRun(bus, 'get', { run })

/** When each agent's task of a run ended, Unix milliseconds. */
async function endTimes(run: string): Promise<Map<string, number>> {
  const events = await eventsUntil(bus, run, 'run.ended')
  return new Map(
    events
      .filter(({ type }) => eventName(type) === 'task.ended')
      .map(({ agent, time }) => [agent, Date.parse(time)]),
  )
}

/** Half a second, or longer on a machine that is too busy to answer requests at once. */
async function soonMs(): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 9; n++) {
    const began = performance.now()
    await requestRun(bus, 'status', {})
    times.push(performance.now() - began)
  }
  return Math.max(500, 50 * (times.sort((a, b) => a - b)[4] ?? 0))
}

describe('the end of a run', () => {
  it('stops code, tools and model calls of all its tasks within half a second of a cancel', async () => {
    await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
    await untilBusy('r1')
    const soon = await soonMs()
    const canceledAt = Date.now()
    await requestRun(bus, 'cancel', { run: 'r1' }, { waitMs: 30_000 })
    const times = await endTimes('r1')
    for (const agent of AGENTS) {
      expect((times.get(agent) ?? Number.POSITIVE_INFINITY) - canceledAt, agent).toBeLessThan(soon)
    }
    const { status, tasks } = await details('r1')
    expect(status).toBe('canceled')
    expect(tasks.map((task) => task.status)).toEqual(['canceled', 'canceled', 'canceled', 'canceled'])
  })

  it('stops them within half a second of its deadline', async () => {
    await requestRun(bus, 'submit', { run: 'r2', text: 'x' })
    const busyMs = await untilBusy('r2')
    await requestRun(bus, 'cancel', { run: 'r2' }, { waitMs: 30_000 })
    const wallMs = 2_000 + 3 * busyMs
    await requestRun(bus, 'submit', { run: 'r3', text: 'x', budget: { wallMs } })
    await untilBusy('r3')
    const soon = await soonMs()
    const times = await endTimes('r3')
    const view = await details('r3')
    const deadline = (view.submittedAt ?? 0) + wallMs
    for (const agent of AGENTS) {
      expect((times.get(agent) ?? Number.POSITIVE_INFINITY) - deadline, agent).toBeLessThan(soon)
    }
    expect(view).toMatchObject({ status: 'exhausted', result: { error: { limit: 'wallMs' } } })
  })

  it('stops a task that waits for delegates without a host, and does not resume it', async () => {
    await requestRun(bus, 'submit', { run: 'r4', text: 'x' })
    await untilBusy('r4')
    for await (const { event } of followEvents(bus, { from: 'beginning', run: 'r4' })) {
      if (eventName(event.type) === 'task.waiting' && event.agent === 'lead') break
    }
    await requestRun(bus, 'cancel', { run: 'r4' }, { waitMs: 30_000 })
    const { tasks } = await details('r4')
    expect(tasks.map((task) => task.status)).toEqual(['canceled', 'canceled', 'canceled', 'canceled'])
    const events = await eventsUntil(bus, 'r4', 'run.ended')
    const starts = events.filter(({ type, agent }) => eventName(type) === 'task.started' && agent === 'lead')
    expect(starts).toHaveLength(1)
  })

  it('leaves no process', async () => {
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
