import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { run, start } from './program.ts'
import { final, type Script, teamFolder } from './team-folder.ts'

/** Two delegates at once, where the queue holds the lead and one more. */
const REPLIES: Script = {
  lead: {
    '*': [
      `<code>
const both = await Promise.all([slow({ task: 'a' }), slow({ task: 'b' })])
finalAnswer(both.map(({ status, output, error }) => [status, output ?? error.code]).sort())
</code>`,
    ],
  },
  slow: { '*': [{ text: final('"done"'), delayMs: 1_500 }] },
}

it('tells an agent of a delegate that the full queue does not take, and leaves no task open', async () => {
  await using place = await teamFolder(REPLIES, {
    agents: [
      { name: 'lead', level: 5, delegates: ['slow'] },
      { name: 'slow', level: 5 },
    ],
    config: { strategy: 'direct', lead: 'lead', streams: { maxQueued: 2 } },
  })
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
  await bailiwick('up', '--detach')
  const { stdout } = await bailiwick('run', 'x', '--json')
  const { status, answer, run: id } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  expect({ status, answer }).toEqual({
    status: 'completed',
    answer: [
      ['completed', 'done'],
      ['rejected', 'queue-full'],
    ],
  })
  const { tasks } = JSON.parse((await bailiwick('show', id, '--json')).stdout)
  const ends = tasks.filter(({ agent }: { agent: string }) => agent === 'slow')
  expect(ends.map((task: { status: string }) => task.status).sort()).toEqual(['completed', 'rejected'])
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})

it('says so to whoever asks for a run that the full queue does not take, and what to do', async () => {
  const script: Script = { slow: { '*': [{ text: 'late', delayMs: 600_000 }] } }
  await using place = await teamFolder(script, {
    agents: [{ name: 'slow', level: 0 }],
    config: { streams: { maxQueued: 1 } },
  })
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
  await bailiwick('up', '--detach')
  const first = start(['run', 'x', '--agent', 'slow'], { cwd: place.folder })
  await first.until(/t1 \(slow\) started/)
  const second = await bailiwick('run', 'y', '--agent', 'slow')
  expect(second.code).toBe(3)
  expect(second.stderr).toMatch(
    /rejected: t1 \(slow\) rejected: The queue is full .*: task \S+ for slow was not queued\. Try again when some tasks are done, add hosts, or raise the limit "maxQueued"\./,
  )
  first.child.kill('SIGINT')
  expect((await first.ended).code).toBe(130)
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
