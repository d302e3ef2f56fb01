import { setTimeout as sleep } from 'node:timers/promises'
import { requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { eventsUntil, final, nameAndTask, type Script, teamFolder } from './team-folder.ts'

const GRACE_MS = 4_000
/** Without a hand-over, the server redelivers a task this long after its last sign of work. */
const ACK_WAIT_MS = 30_000

const REPLIES: Script = {
  quick: { t1: [{ text: final('"in time"'), untilFile: 'go-quick' }] },
  slow: { t1: ['<code>\nlet n = 41\n</code>', { text: final('n + 1'), untilFile: 'go-slow' }] },
}

it('gives tasks the grace time after SIGTERM, hands the others over, and leaves no process', async () => {
  await using place = await teamFolder(REPLIES, {
    agents: [
      { name: 'quick', level: 5 },
      { name: 'slow', level: 5 },
    ],
    config: { limits: { graceMs: GRACE_MS } },
  })
  await place.bailiwick('up', '--detach')
  {
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'rslow', text: 'x', agent: 'slow' })
    await eventsUntil(bus, 'rslow', 'step.ended')
    await requestRun(bus, 'submit', { run: 'rquick', text: 'x', agent: 'quick' })
    await eventsUntil(bus, 'rquick', 'task.started')
  }
  const daemon = pidOf(place.folder, DAEMON)
  const killedAt = Date.now()
  process.kill(daemon, 'SIGTERM')
  await place.write('go-quick', '')
  while (survivors(place.folder).some(({ pid }) => pid === daemon)) await sleep(20)
  const endedAt = Date.now()
  expect(survivors(place.folder)).toEqual([])
  // The grace time for the runs, then for the hosts, and the time to end processes on a busy machine.
  expect(endedAt - killedAt).toBeGreaterThanOrEqual(GRACE_MS)
  expect(endedAt - killedAt).toBeLessThan(2 * GRACE_MS + 20_000)

  await place.write('go-slow', '')
  const up = await place.bailiwick('up', '--detach')
  expect(up.stderr).toContain('Resumed 1 open run.')
  const upAt = Date.now()
  {
    await using bus = await place.connect()
    const quick = (await eventsUntil(bus, 'rquick', 'run.ended')).at(-1)
    expect(quick?.data).toMatchObject({ status: 'completed' })
    expect(Date.parse(quick?.time ?? '')).toBeLessThan(endedAt)
    const slow = await eventsUntil(bus, 'rslow', 'run.ended')
    expect((await requestRun(bus, 'get', { run: 'rslow' })).result).toMatchObject({ answer: 42 })
    const named = (name: string) => slow.filter((event) => nameAndTask(event) === `${name} rslow-t1`)
    expect(named('task.started').map(({ data }) => data.attempt)).toEqual([1, 2])
    // The daemon put the task back into the queue before it ended.
    const again = Date.parse(named('task.started')[1]?.time ?? '')
    expect(again - upAt).toBeLessThan(ACK_WAIT_MS - 5_000)
    // The first step was not repeated.
    expect(named('step.replied').map(({ data }) => data.step)).toEqual([1, 2])
  }
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
