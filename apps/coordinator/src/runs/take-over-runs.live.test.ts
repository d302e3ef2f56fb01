import { BUCKETS, putEntry } from '@bailiwick/bus'
import { expect, it, vi } from 'vitest'
import { runBed } from '../testing/run-bed.ts'

vi.setConfig({ testTimeout: 120_000 })
const soon = { timeout: 60_000, interval: 50 }

const direct = { text: 'go', inputs: [], strategy: 'direct' as const, agent: 'worker' }

/** A bed whose tasks end when they are released. */
function heldBed() {
  const { promise, resolve: release } = Promise.withResolvers<void>()
  const bed = runBed(async ({ text }) => {
    await promise
    return { output: text }
  })
  return { bed, release }
}

it('takes over the runs of a coordinator that was killed, and finishes them', async () => {
  const { bed, release } = heldBed()
  await using place = await bed
  const first = await place.coordinator({ id: 'c-1' })
  const second = await place.coordinator({ id: 'c-2' })
  const ids = Array.from({ length: 20 }, (_, n) => `r${n}`)
  await Promise.all(ids.map((run) => first.runs.submit({ run, ...direct }, 'user')))
  await second.runs.submit({ run: 'own', ...direct }, 'user')
  await vi.waitFor(() => expect([first.runs.working, second.runs.working]).toEqual([20, 1]), soon)
  await first.kill()
  await vi.waitFor(() => {
    expect(second.runs.working).toBe(21)
    expect(second.notes).toEqual(['Coordinator c-1 is gone. Took over 20 of its runs.'])
  }, soon)
  release()
  await vi.waitFor(() => expect(second.runs.working).toBe(0), soon)
  for (const run of ids) expect((await second.runs.get(run)).result).toMatchObject({ answer: 'go' })
  const records = (await place.records('r0')).map(({ record }) => record)
  const drivers = records.flatMap((record) => (record.type === 'run.driven' ? [record.coordinator] : []))
  expect(drivers).toEqual(['c-1', 'c-2'])
  await second.kill()
})

it('takes them over at once after an orderly shutdown', async () => {
  const { bed, release } = heldBed()
  await using place = await bed
  const goneMs = 600_000
  const [first, second, third] = await Promise.all(
    ['c-1', 'c-2', 'c-3'].map((id) => place.coordinator({ id, goneMs })),
  )
  if (first === undefined || second === undefined || third === undefined) throw new Error('no coordinator')
  const ids = Array.from({ length: 20 }, (_, n) => `r${n}`)
  await Promise.all(ids.map((run) => first.runs.submit({ run, ...direct }, 'user')))
  await vi.waitFor(() => expect(second.coordinators.list()).toHaveLength(3), soon)
  await first.stop()
  await vi.waitFor(() => expect(second.runs.working + third.runs.working).toBe(20), soon)
  release()
  await vi.waitFor(() => expect(second.runs.working + third.runs.working).toBe(0), soon)
  for (const run of ids) expect((await third.runs.get(run)).result).toMatchObject({ answer: 'go' })
  await Promise.all([second.stop(), third.stop()])
})

it('continues at once as the same coordinator after a restart', async () => {
  const { bed, release } = heldBed()
  await using place = await bed
  const first = await place.coordinator({ id: 'c-1' })
  await first.runs.submit({ run: 'r1', ...direct }, 'user')
  await vi.waitFor(() => expect(first.runs.openTasks()).toHaveLength(1), soon)
  await first.kill()
  const next = await place.coordinator({ id: 'c-1' })
  expect(next.runs.working).toBe(1)
  release()
  await vi.waitFor(() => expect(next.runs.working).toBe(0), soon)
  expect((await place.records('r1')).filter(({ record }) => record.type === 'run.driven')).toHaveLength(1)
  await next.kill()
})

it('stops driving a run that another coordinator took over while this one was frozen', async () => {
  const { bed, release } = heldBed()
  await using place = await bed
  const first = await place.coordinator({ id: 'c-1' })
  await first.runs.submit({ run: 'r1', ...direct }, 'user')
  // Its heartbeats are late, but it lives.
  const second = await place.coordinator({ id: 'c-2', goneMs: 1 })
  await vi.waitFor(() => expect([first.runs.working, second.runs.working]).toEqual([0, 1]), soon)
  release()
  await vi.waitFor(() => expect(second.runs.working).toBe(0), soon)
  expect((await second.runs.get('r1')).result).toMatchObject({ status: 'completed', answer: 'go' })
  expect(first.notes).toEqual([])
  await Promise.all([first.kill(), second.kill()])
})

it('refuses to be one of two coordinators with the same id', async () => {
  const { bed } = heldBed()
  await using place = await bed
  const { notes, kill } = await place.coordinator({ id: 'c-1' })
  await vi.waitFor(async () => {
    const other = { coordinator: 'c-1', pid: 1, host: 'elsewhere', version: '1', startedAt: 1, at: 1 }
    await putEntry(place.bus, BUCKETS.coordinators, 'presence.c-1', { v: 1, ...other })
    expect(notes.join()).toContain(
      'Expected no other coordinator with the id c-1, found process 1 on elsewhere',
    )
  }, soon)
  await kill()
})
