import { requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { eventsUntil, final, teamFolder } from './team-folder.ts'

/** Takes a slot, and asks the other agent as soon as the file `go` exists. */
const asks = (other: string) => [
  '<code>\nlet started = true\n</code>',
  {
    text: `<code>\nfinalAnswer((await ${other}({ task: 'say who you are' })).output)\n</code>`,
    untilFile: 'go',
  },
]

it('completes two runs whose agents have one slot each and delegate to each other', async () => {
  await using place = await teamFolder(
    {
      left: { t1: asks('right'), '*': [final('"left"')] },
      right: { t1: asks('left'), '*': [final('"right"')] },
    },
    {
      agents: [
        { name: 'left', level: 5, delegates: ['right'] },
        { name: 'right', level: 5, delegates: ['left'] },
      ],
      members: { left: { replicas: 1, maxConcurrent: 1 }, right: { replicas: 1, maxConcurrent: 1 } },
    },
  )
  await place.bailiwick('up', '--detach')
  {
    await using bus = await place.connect()
    const runs = ['rleft', 'rright']
    for (const run of runs) {
      await requestRun(bus, 'submit', { run, text: 'x', agent: run.slice(1) })
      await eventsUntil(bus, run, 'step.ended')
    }
    // Each run now has its agent's only slot.
    await place.write('go', '')
    const results = await Promise.all(
      runs.map(async (run) => {
        await eventsUntil(bus, run, 'run.ended')
        return (await requestRun(bus, 'get', { run })).result
      }),
    )
    expect(results).toMatchObject([
      { status: 'completed', answer: 'right' },
      { status: 'completed', answer: 'left' },
    ])
  }
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
