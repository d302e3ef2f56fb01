import {
  type Bus,
  connectFromEnv,
  eventName,
  followEvents,
  type RunDetails,
  requestRun,
} from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { teamFolder } from './team-folder.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
/** One that waits for three delegates: one in a loop, one in a tool, one for its model. */
const REPLIES = {
  lead: { '*': [code('await Promise.all([looper, napper, thinker].map((one) => one({ task: "x" })))')] },
  looper: { '*': [code('for (;;);')] },
  napper: { '*': [code('await nap({})')] },
  thinker: { '*': [{ text: 'never', delayMs: 600_000 }] },
}
const NAPPER = `export default {
  name: 'napper', description: 'x', level: 5,
  limits: { wallMs: 600000 },
  tools: [{
    name: 'nap', description: 'x', input: { type: 'object', properties: {} }, effect: 'none',
    run: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }],
}`

async function atWork(act: (bus: Bus) => Promise<unknown>, budget = {}) {
  await using place = await teamFolder(REPLIES, {
    agents: [
      { name: 'lead', level: 5, delegates: ['looper', 'napper', 'thinker'] },
      { name: 'looper', level: 5, limits: { wallMs: 600_000, cpuMs: 600_000 } },
      { name: 'napper', level: 5 },
      { name: 'thinker', level: 5 },
    ],
    config: { strategy: 'direct', lead: 'lead', budget },
  })
  await place.write('napper.mjs', NAPPER)
  const cli = (...args: string[]) => run(args, { cwd: place.folder })
  await cli('up', '--detach')
  const times = new Map<string, number>()
  let view: RunDetails
  {
    await using bus = await connectFromEnv('test', JSON.parse((await cli('env', '--json')).stdout))
    await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
    const begun = new Set<string>()
    let canceling: Promise<unknown> | undefined
    for await (const { event } of followEvents(bus, { from: 'beginning', run: 'r1' })) {
      const name = eventName(event.type) ?? ''
      const at = Date.parse(event.time)
      if (name === 'task.ended') times.set(event.agent ?? '', at)
      if (name === 'run.cancel-requested') times.set('asked', at)
      if (name === 'run.ended') times.set('run', at)
      // The loop and the call are under way, and the model is being asked.
      if (name === 'step.started' || name === 'call.started') begun.add(`${name} ${event.agent}`)
      if (name === 'task.started') begun.add(`${name} ${event.agent}`)
      const all = ['step.started looper', 'call.started napper', 'task.started thinker']
      if (canceling === undefined && all.every((one) => begun.has(one))) {
        canceling = act(bus)
      }
      if (name === 'run.ended') break
    }
    await canceling
    view = await requestRun(bus, 'get', { run: 'r1' })
  }
  await cli('down')
  return { times, view, left: await untilNoneSurvive(place.folder) }
}

describe('the end of a run, from outside', () => {
  it('by a cancel stops code, tools and model calls down the tree within half a second', async () => {
    const { times, view, left } = await atWork((bus) => requestRun(bus, 'cancel', { run: 'r1' }))
    const asked = times.get('asked') ?? 0
    expect([...times.keys()].sort()).toEqual(['asked', 'lead', 'looper', 'napper', 'run', 'thinker'])
    for (const who of ['looper', 'napper', 'thinker', 'lead', 'run']) {
      expect((times.get(who) ?? Number.POSITIVE_INFINITY) - asked, who).toBeLessThan(500)
    }
    expect(view).toMatchObject({ status: 'canceled' })
    expect(view.tasks.map(({ status }) => status)).toEqual(['canceled', 'canceled', 'canceled', 'canceled'])
    expect(left).toEqual([])
  })

  it('by its deadline does so too, within half a second of it', async () => {
    const { times, view, left } = await atWork(async () => {}, { wallMs: 8_000 })
    const deadline = (view.submittedAt ?? 0) + 8_000
    for (const who of ['looper', 'napper', 'thinker', 'lead']) {
      expect((times.get(who) ?? Number.POSITIVE_INFINITY) - deadline, who).toBeLessThan(500)
    }
    expect(view).toMatchObject({ status: 'exhausted', result: { error: { limit: 'wallMs' } } })
    expect(left).toEqual([])
  })
})
