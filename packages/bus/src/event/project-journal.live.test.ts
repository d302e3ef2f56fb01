import { NO_USAGE } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { created, planned, startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import { getArtifact } from '../file/get-artifact.ts'
import { putArtifact } from '../file/put-artifact.ts'
import { openJournal } from '../journal/open-journal.ts'
import { purgeRun } from '../run/purge-run.ts'
import { followEvents } from './follow-events.ts'
import { lastEvent } from './last-event.ts'
import { projectJournal } from './project-journal.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** Runs the projection until the last event has this type. */
async function projectUntil(type: string): Promise<void> {
  const controller = new AbortController()
  const done = projectJournal(test.bus, controller.signal)
  await until(async () => (await lastEvent(test.bus))?.event.type.includes(type), type)
  controller.abort()
  await done
}

describe('projectJournal', () => {
  it('projects a task without its texts, and continues where it was stopped', async () => {
    const secret = 'a prompt that no reader may see'
    const journal = openJournal(test.bus, { writer: 'analyst', run: 'r1', task: 'r1-t1' })
    await journal.append([created({ run: 'r1', task: 'r1-t1', agent: 'analyst' }, { text: secret })])
    await journal.append([planned(secret, 1), planned(secret, 2)])
    await projectUntil('task.planned')
    const result = { status: 'failed', error: { code: 'x', message: secret }, output: secret } as const
    await journal.append([{ type: 'task.ended', at: 1, ...result, usage: NO_USAGE, artifacts: [] }])
    await projectUntil('task.ended')
    const events = await take(followEvents(test.bus, { from: 'beginning', run: 'r1' }), 4)
    expect(events.map(({ event }) => event.type)).toEqual([
      'dev.bailiwick.task.created.v1',
      'dev.bailiwick.task.planned.v1',
      'dev.bailiwick.task.planned.v1',
      'dev.bailiwick.task.ended.v1',
    ])
    expect(events.every(({ event }) => event.agent === 'analyst' && event.level === 5)).toBe(true)
    expect(new Set(events.map(({ event }) => event.id)).size).toBe(4)
    expect(JSON.stringify(events)).not.toContain(secret)
    expect((await test.bus.jsm.streams.info('EVENT')).state.messages).toBe(4)
  })
})

describe('purgeRun', () => {
  it('deletes everything of one run and nothing of another', async () => {
    for (const run of ['r2', 'r3']) {
      await openJournal(test.bus, { writer: 'coordinator', run, task: 'run' }).append([
        planned('x'.repeat(200_000)),
      ])
    }
    const file = (run: string) => ({ run, name: 'a.csv', mediaType: 'text/csv' })
    const gone = await putArtifact(test.bus, { ...file('r2'), bytes: Buffer.from('a') })
    const kept = await putArtifact(test.bus, { ...file('r3'), bytes: Buffer.from('b') })
    // The append, its large records as two chunks with an entry, and the file with its entry.
    expect(await purgeRun(test.bus, 'r2')).toBe(6)
    await expect(getArtifact(test.bus, gone)).rejects.toMatchObject({ code: 'bad-artifact' })
    expect(Buffer.from(await getArtifact(test.bus, kept)).toString()).toBe('b')
    const { state } = await test.bus.jsm.streams.info('JOURNAL', { subjects_filter: '>' })
    expect(Object.keys(state.subjects ?? {})).toEqual([
      'bailiwick.v1.journal.analyst.r1.r1-t1',
      'bailiwick.v1.journal.coordinator.r3.run',
    ])
  })
})

describe('two coordinators that project the same journal', () => {
  it('publish each event once, with the journal’s sequence as its id', async () => {
    const journal = openJournal(test.bus, { writer: 'analyst', run: 'r5', task: 'r5-t1' })
    await journal.append([created({ run: 'r5', task: 'r5-t1', agent: 'analyst' })])
    const controller = new AbortController()
    const both = [test.bus, await test.connect('coordinator')].map((bus) =>
      projectJournal(bus, controller.signal),
    )
    for (let step = 1; step <= 20; step += 1) await journal.append([planned('a', step), planned('b', step)])
    await journal.append([{ type: 'task.ended', at: 1, status: 'completed', usage: NO_USAGE, artifacts: [] }])
    const events = await take(followEvents(test.bus, { from: 'beginning', run: 'r5' }), 42)
    controller.abort()
    // Aborting may interrupt one that publishes a duplicate.
    await Promise.all(both.map((one) => one.catch((error) => expect(error.name).toBe('AbortError'))))
    const ids = events.map(({ event }) => event.id)
    expect(new Set(ids).size).toBe(42)
    const places = ids.map((id) => id.split('.').map(Number))
    expect(places).toEqual(places.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d))
    const { state } = await test.bus.jsm.streams.info('EVENT', { subjects_filter: '*.*.event.*.*.*.r5' })
    expect(Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0)).toBe(42)
  })
})

describe('a journal that is flooded with unreadable messages', () => {
  it('gets one event for each row of unreadable messages, and delays no other journal', async () => {
    const writeForeign = async (count: number) => {
      for (let n = 0; n < count; n += 1) {
        test.bus.connection.publish('bailiwick.v1.journal.evil.r6.x', '{"type":"task.ended"}')
      }
      await test.bus.connection.flush()
    }
    await writeForeign(5_000)
    await openJournal(test.bus, { writer: 'evil', run: 'r6', task: 'x' }).append([planned('mine', 1)])
    await writeForeign(5_000)
    await openJournal(test.bus, { writer: 'analyst', run: 'r6', task: 'r6-t1' }).append([
      created({ run: 'r6', task: 'r6-t1', agent: 'analyst' }),
    ])
    await projectUntil('task.created')
    const events = await take(followEvents(test.bus, { from: 'beginning', run: 'r6' }), 4)
    expect(events.map(({ event }) => event.type)).toEqual([
      'dev.bailiwick.journal.unreadable.v1',
      'dev.bailiwick.task.planned.v1',
      'dev.bailiwick.journal.unreadable.v1',
      'dev.bailiwick.task.created.v1',
    ])
    const { state } = await test.bus.jsm.streams.info('EVENT', { subjects_filter: '*.*.event.*.*.*.r6' })
    expect(Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0)).toBe(4)
  })
})
