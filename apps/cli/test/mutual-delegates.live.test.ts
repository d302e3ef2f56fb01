import { type Bus, connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { run } from './program.ts'
import { final, teamFolder } from './team-folder.ts'

/** Has a slot, and after a while needs the other's. */
const asks = (other: string, delayMs: number) => [
  '<code>\nlet begun = true\n</code>',
  {
    text: `<code>\nfinalAnswer((await ${other}({ task: 'say who you are' })).output)\n</code>`,
    delayMs,
  },
]

/** Follows a run until something has happened, and tells when that and its first step's end were. */
async function follow(bus: Bus, id: string, until: string): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  for await (const { event } of followEvents(bus, { from: 'beginning', run: id })) {
    const name = eventName(event.type) ?? ''
    if (!times.has(name)) times.set(name, Date.parse(event.time))
    if (name === until) break
  }
  return times
}

it('two agents with one slot each delegate to each other in two runs at once, and both come to their end', async () => {
  await using place = await teamFolder(
    {
      left: { t1: asks('right', 8_000), '*': [final('"left"')] },
      right: { t1: asks('left', 4_000), '*': [final('"right"')] },
    },
    {
      agents: [
        { name: 'left', level: 5, delegates: ['right'] },
        { name: 'right', level: 5, delegates: ['left'] },
      ],
      members: { left: { replicas: 1, maxConcurrent: 1 }, right: { replicas: 1, maxConcurrent: 1 } },
    },
  )
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
  await bailiwick('up', '--detach')
  {
    await using bus = await connectFromEnv('test', JSON.parse((await bailiwick('env', '--json')).stdout))
    for (const agent of ['left', 'right']) {
      await requestRun(bus, 'submit', { run: `r${agent}`, text: 'x', agent })
      await follow(bus, `r${agent}`, 'step.ended')
    }
    const [left, right] = await Promise.all([
      follow(bus, 'rleft', 'run.ended'),
      follow(bus, 'rright', 'run.ended'),
    ])
    // Each had its agent's only slot when the other asked for it.
    const asked = Math.min(left.get('call.started') ?? 0, right.get('call.started') ?? 0)
    expect(left.get('step.ended')).toBeLessThan(asked)
    expect(right.get('step.ended')).toBeLessThan(asked)
    const answers = await Promise.all(
      ['rleft', 'rright'].map(async (id) => (await requestRun(bus, 'get', { run: id })).result),
    )
    expect(answers).toMatchObject([
      { status: 'completed', answer: 'right' },
      { status: 'completed', answer: 'left' },
    ])
  }
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
}, 120_000)
