import { setTimeout as sleep } from 'node:timers/promises'
import { requestRun } from '@bailiwick/bus'
import { killSurvivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { eventsUntil, final, nameAndTask, planReply, type Script, teamFolder } from './team-folder.ts'

const SLOW: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), untilFile: 'go' }] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

/** Without a hand-over, the server redelivers a task this long after its last sign of work. */
const ACK_WAIT_MS = 30_000

describe('a task whose host died together with nats-server and the daemon', () => {
  it.each([
    ['at once', 0],
    // The host's heartbeat has expired by then, so only the journal knows that it had the task.
    ['after its heartbeat has expired', 7_000],
  ])('goes to the next host soon, if all come back %s', async (_, awayMs) => {
    await using place = await teamFolder(SLOW)
    await place.bailiwick('up', '--detach')
    {
      await using bus = await place.connect()
      await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
      await eventsUntil(bus, 'r1', 'step.ended', 'r1-t1')
    }
    await killSurvivors(place.folder)
    await place.write('go', '')
    await sleep(awayMs)
    await place.bailiwick('up', '--detach')
    const upAt = Date.now()
    {
      await using bus = await place.connect()
      const events = await eventsUntil(bus, 'r1', 'run.ended')
      const starts = events.filter((event) => nameAndTask(event) === 'task.started r1-t1')
      expect(starts).toHaveLength(2)
      expect(Date.parse(starts[1]?.time ?? '') - upAt).toBeLessThan(ACK_WAIT_MS - 5_000)
      const { result } = await requestRun(bus, 'get', { run: 'r1' })
      expect(result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    }
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
