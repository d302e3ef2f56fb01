import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, survivors, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { run } from './program.ts'
import { final, type Script, teamFolder } from './team-folder.ts'

const GRACE_MS = 2_500
/** Far below the acknowledgement time of 30 s. */
const SOON_MS = 10_000

const replies = (slowMs: number): Script => ({
  quick: { t1: [{ text: final('"in time"'), delayMs: 1_500 }] },
  slow: { t1: ['<code>\nlet n = 41\n</code>', { text: final('n + 1'), delayMs: slowMs }] },
})

/** The events of a run until one of that name, or its end. */
async function eventsUntil(bus: Bus, id: string, name: string) {
  const seen: { name: string; at: number; data: Record<string, unknown> }[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning', run: id })) {
    seen.push({ name: eventName(event.type) ?? '', at: Date.parse(event.time), data: event.data })
    if ([name, 'run.ended'].includes(seen.at(-1)?.name ?? '')) break
  }
  return seen
}

it('SIGTERM lets what is nearly done finish, hands the rest to the next daemon, and leaves no process', async () => {
  await using place = await teamFolder(replies(60_000), {
    agents: [
      { name: 'quick', level: 5 },
      { name: 'slow', level: 5 },
    ],
    config: { limits: { graceMs: GRACE_MS } },
  })
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
  const connect = async () => connectFromEnv('test', JSON.parse((await bailiwick('env', '--json')).stdout))
  await bailiwick('up', '--detach')
  {
    await using bus = await connect()
    await requestRun(bus, 'submit', { run: 'rslow', text: 'x', agent: 'slow' })
    await eventsUntil(bus, 'rslow', 'step.ended')
    await requestRun(bus, 'submit', { run: 'rquick', text: 'x', agent: 'quick' })
    await eventsUntil(bus, 'rquick', 'task.started')
  }
  const daemon = pidOf(place.folder, DAEMON)
  const toldAt = Date.now()
  process.kill(daemon, 'SIGTERM')
  while (survivors(place.folder).some(({ pid }) => pid === daemon)) await sleep(20)
  const took = Date.now() - toldAt
  expect(survivors(place.folder)).toEqual([])
  // Once for the runs, once for the hosts, and what ending processes takes.
  expect(took).toBeGreaterThanOrEqual(GRACE_MS)
  expect(took).toBeLessThan(2 * GRACE_MS + 5_000)

  await place.script(replies(0))
  const up = await bailiwick('up', '--detach')
  expect(up.stderr).toContain('Resumed 1 open run.')
  const upAt = Date.now()
  {
    await using bus = await connect()
    const quick = await eventsUntil(bus, 'rquick', 'run.ended')
    expect(quick.at(-1)).toMatchObject({ name: 'run.ended', data: { status: 'completed' } })
    expect(quick.at(-1)?.at).toBeLessThan(toldAt + took)
    const slow = await eventsUntil(bus, 'rslow', 'run.ended')
    expect((await requestRun(bus, 'get', { run: 'rslow' })).result).toMatchObject({ answer: 42 })
    const started = slow.filter(({ name }) => name === 'task.started')
    expect(started.map(({ data }) => data.attempt)).toEqual([1, 2])
    // It was rung for again before the daemon ended: nothing waits for an acknowledgement time.
    expect((started[1]?.at ?? 0) - upAt).toBeLessThan(SOON_MS)
    // What it had done was not done again.
    const replied = slow.filter(({ name }) => name === 'step.replied').map(({ data }) => data.step)
    expect(replied).toEqual([1, 2])
  }
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
