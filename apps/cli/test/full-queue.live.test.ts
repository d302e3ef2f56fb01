import { requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { start } from './program.ts'
import { eventsUntil, final, type Script, teamFolder } from './team-folder.ts'

/** Delegates two tasks at once, while the queue has room for the lead's task and one more. */
const REPLIES: Script = {
  lead: {
    '*': [
      `<code>
const both = await Promise.all([slow({ task: 'a' }), slow({ task: 'b' })])
finalAnswer(both.map(({ status, output, error }) => [status, output ?? error.code]).sort())
</code>`,
    ],
  },
  slow: { '*': [{ text: final('"done"'), untilFile: 'go' }] },
}

it('rejects a delegated task if the queue is full, reports it to the agent, and leaves no task open', async () => {
  await using place = await teamFolder(REPLIES, {
    agents: [
      { name: 'lead', level: 5, delegates: ['slow'] },
      { name: 'slow', level: 5 },
    ],
    config: { strategy: 'direct', lead: 'lead', streams: { maxQueued: 2 } },
  })
  await place.bailiwick('up', '--detach')
  {
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
    // One of the two ends at once. The other one works until the file exists.
    await eventsUntil(bus, 'r1', 'task.ended')
    await place.write('go', '')
    await eventsUntil(bus, 'r1', 'run.ended')
    const { status, result, tasks } = await requestRun(bus, 'get', { run: 'r1' })
    expect({ status, answer: result?.answer }).toEqual({
      status: 'completed',
      answer: [
        ['completed', 'done'],
        ['rejected', 'queue-full'],
      ],
    })
    const ends = tasks.filter(({ agent }) => agent === 'slow').map((task) => task.status)
    expect(ends.sort()).toEqual(['completed', 'rejected'])
  }
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})

it('rejects a run if the queue is full, and says what to do', async () => {
  const script: Script = { slow: { '*': [{ text: 'late', untilFile: 'never' }] } }
  await using place = await teamFolder(script, {
    agents: [{ name: 'slow', level: 0 }],
    config: { streams: { maxQueued: 1 } },
  })
  await place.bailiwick('up', '--detach')
  const first = start(['run', 'x', '--agent', 'slow'], { cwd: place.folder })
  await first.until(/t1 \(slow\) started/)
  const second = await place.bailiwick('run', 'y', '--agent', 'slow')
  expect(second.code).toBe(3)
  expect(second.stderr).toMatch(
    /rejected: t1 \(slow\) rejected: The queue is full .*: task \S+ for slow was not queued\. Try again when some tasks are done, add hosts, or raise the limit "maxQueued"\./,
  )
  first.child.kill('SIGINT')
  expect((await first.ended).code).toBe(130)
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
