import { connectFromEnv, eventName, followEvents } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { final, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder

beforeAll(async () => {
  place = await teamFolder({
    planner: { plan: [planReply({ name: 't1' })] },
    worker: { t1: [final('42')] },
    writer: { answer: ['It is {{t1.output}}.'] },
  })
  await place.bailiwick('up', '--detach')
})
afterAll(() => place?.[Symbol.asyncDispose]())

describe('a compromised host', () => {
  it('cannot hide or multiply the events about what the server refuses to it', async () => {
    // The server refuses nothing to a normal run.
    expect(await place.bailiwick('run', 'x')).toMatchObject({ code: 0, stdout: 'It is 42.\n' })
    await using reader = await place.connect('--role', 'reader')
    const { NATS_URL } = lastJson(await place.bailiwick('env', '--json'))
    const NATS_CREDS = `${place.folder}/.bailiwick/credentials/worker.creds`
    await using host = await connectFromEnv('writer', { NATS_URL, NATS_CREDS })
    const stolen = host.connection
    stolen.publish('bailiwick.v1.journal.writer.r1.r1-t1', '{}')
    stolen.subscribe('bailiwick.v1.journal.>', { callback: () => {} })
    await stolen.flush()
    const refused: Record<string, unknown>[] = []
    let flooded = 0
    for await (const { event } of followEvents(reader, { from: 'beginning', run: 'access' })) {
      expect(eventName(event.type)).toBe('access.refused')
      // Another process of this machine may try the port with credentials for another server.
      if (event.data.user === 'unknown') continue
      refused.push(event.data)
      if (refused.length === 2) {
        for (; flooded < 20_000; flooded++)
          stolen.publish(`bailiwick.v1.event.run.ended.user.r${flooded}`, '{}')
        await stolen.flush()
      }
      if (refused.length === 3) break
    }
    expect(refused).toEqual([
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
    const last = refused.at(-1)
    expect(last?.count).toBeGreaterThan(100)
    expect(last?.subjects).toHaveLength(5)
    // The team still works, and "access" is not listed as a run.
    expect(await place.bailiwick('run', 'y', '--agent', 'worker')).toMatchObject({ code: 0 })
    const { runs } = lastJson(await place.bailiwick('runs', '--json'))
    expect(runs).toHaveLength(2)
  })
})
