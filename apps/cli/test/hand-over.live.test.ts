import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, planReply, type Script, teamFolder } from './team-folder.ts'

const SLOW: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), delayMs: 2_000 }] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

/** Far below the acknowledgement time of 30 s, which is what a task waits for that nobody hands over. */
const SOON_MS = 10_000

/** When something happened to a task, and how often; follows the run until it has happened `times` times. */
async function timesOf(bus: Bus, wanted: string, times: number): Promise<number[]> {
  const seen: number[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning', run: 'r1' })) {
    if (`${eventName(event.type)} ${event.task}` === wanted) seen.push(Date.parse(event.time))
    if (seen.length === times) break
  }
  return seen
}

describe('a task whose host died together with nats-server and the daemon', () => {
  it.each([
    ['at once', 0],
    // The registry has forgotten the host by then: only the journal knows that it had the task.
    ['after its heartbeat has expired', 7_000],
  ])('is taken up by the next host when all come back %s', async (_, awayMs) => {
    await using place = await teamFolder(SLOW)
    const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
    const bus = async () => connectFromEnv('test', JSON.parse((await bailiwick('env', '--json')).stdout))
    await bailiwick('up', '--detach')
    {
      await using first = await bus()
      await requestRun(first, 'submit', { run: 'r1', text: 'x' })
      await timesOf(first, 'step.ended r1-t1', 1)
    }
    for (const { pid } of survivors(place.folder)) if (pid !== process.pid) process.kill(pid, 'SIGKILL')
    await sleep(awayMs)
    await bailiwick('up', '--detach')
    // Starting takes as long as the machine is busy; what comes after it is the daemon's to answer for.
    const back = Date.now()
    {
      await using next = await bus()
      const [, again = Number.NaN] = await timesOf(next, 'task.started r1-t1', 2)
      expect(again - back).toBeLessThan(SOON_MS)
      await timesOf(next, 'run.ended run', 1)
      const view = await requestRun(next, 'get', { run: 'r1' })
      expect(view.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
    }
    await bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
