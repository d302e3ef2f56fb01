import { connectFromEnv, eventName, followEvents } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
const asJson = async (...args: string[]) => JSON.parse((await bailiwick(...args, '--json')).stdout)

beforeAll(async () => {
  place = await teamFolder({
    planner: { plan: [planReply({ name: 't1' })] },
    worker: { t1: [final('42')] },
    writer: { answer: ['It is {{t1.output}}.'] },
  })
  await bailiwick('up', '--detach')
})
afterAll(async () => {
  await bailiwick('down')
  await place[Symbol.asyncDispose]()
})

describe('what the server refuses', () => {
  it('to a host that was taken over becomes events, which it can neither hide nor multiply', async () => {
    // An honest run is refused nothing.
    expect(await bailiwick('run', 'x')).toMatchObject({ code: 0, stdout: 'It is 42.\n' })
    await using reader = await connectFromEnv('reader', await asJson('env', '--role', 'reader'))
    const { NATS_URL } = await asJson('env')
    const NATS_CREDS = `${place.folder}/.bailiwick/credentials/worker.creds`
    await using host = await connectFromEnv('writer', { NATS_URL, NATS_CREDS })
    const stolen = host.connection
    stolen.publish('bailiwick.v1.journal.writer.r1.r1-t1', '{}')
    stolen.subscribe('bailiwick.v1.journal.>', { callback: () => {} })
    await stolen.flush()
    const told: Record<string, unknown>[] = []
    let flooded = 0
    for await (const { event } of followEvents(reader, { from: 'beginning', run: 'access' })) {
      expect(eventName(event.type)).toBe('access.refused')
      // Somebody else's process on this machine may try the port, with credentials of another server.
      if (event.data.user === 'unknown') continue
      told.push(event.data)
      if (told.length === 2) {
        for (; flooded < 20_000; flooded++)
          stolen.publish(`bailiwick.v1.event.run.ended.user.r${flooded}`, '{}')
        await stolen.flush()
      }
      if (told.length === 3) break
    }
    expect(told).toEqual([
      {
        user: 'worker',
        action: 'publish',
        subjects: ['bailiwick.v1.journal.writer.r1.r1-t1'],
        count: 1,
        atLeast: false,
      },
      {
        user: 'worker',
        action: 'subscribe',
        subjects: ['bailiwick.v1.journal.>'],
        count: 1,
        atLeast: false,
      },
      {
        user: 'worker',
        action: 'publish',
        subjects: expect.arrayContaining(['bailiwick.v1.event.run.ended.user.r0']),
        count: expect.any(Number),
        atLeast: true,
      },
    ])
    const last = told.at(-1)
    expect(last?.count).toBeGreaterThan(100)
    expect(last?.subjects).toHaveLength(5)
    // Nobody is harmed, and "access" is no run.
    expect(await bailiwick('run', 'y', '--agent', 'worker')).toMatchObject({ code: 0 })
    const { runs } = await asJson('runs')
    expect(runs).toHaveLength(2)
  })
})
