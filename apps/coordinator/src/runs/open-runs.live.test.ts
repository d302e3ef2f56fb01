import { openJournal } from '@bailiwick/bus'
import { expect, it, vi } from 'vitest'
import { runBed } from '../testing/run-bed.ts'

vi.setConfig({ testTimeout: 300_000 })

/** More than the consumers that an account may have. */
const MANY = 1_500

const direct = { text: 'go', inputs: [], strategy: 'direct' as const, agent: 'worker' }

it(`answers ${MANY} submissions whose runs all stay open, with one reader of all journals`, async () => {
  const release = Promise.withResolvers<void>()
  await using bed = await runBed(async ({ text }) => {
    await release.promise
    return { output: text }
  })
  const { runs, notes, kill } = await bed.coordinator()
  const ids = Array.from({ length: MANY }, (_, n) => `r${n}`)
  const replies = await Promise.all(ids.map((run) => runs.submit({ run, ...direct }, 'user')))
  expect(replies.filter(({ duplicate }) => duplicate)).toEqual([])
  expect(runs.working).toBe(MANY)
  // The server may be too busy to reply within the client's timeout.
  const { state } = await vi.waitFor(() => bed.bus.jsm.streams.info('JOURNAL'), { timeout: 60_000 })
  // The reader, and what tasks' hosts read at this moment.
  expect(state.consumer_count).toBeLessThan(100)
  release.resolve()
  await vi.waitFor(() => expect(runs.working).toBe(0), { timeout: 120_000, interval: 100 })
  expect((await runs.get('r1499')).result).toMatchObject({ status: 'completed', answer: 'go' })
  expect(notes).toEqual([])
  await kill()
})

it('goes on with a run to whose journal another coordinator appends', async () => {
  const release = Promise.withResolvers<void>()
  await using bed = await runBed(async ({ text }) => {
    await release.promise
    return { output: text }
  })
  const { runs, notes, kill } = await bed.coordinator()
  await runs.submit({ run: 'r1', ...direct }, 'user')
  const journal = openJournal(bed.bus, { writer: 'coordinator', run: 'r1', task: 'run' }, { short: true })
  for await (const _ of journal.read());
  await journal.append([
    { type: 'run.decided', at: 1, task: 'r1-t1', call: 's1.1', decision: 'approve', by: 'user' },
  ])
  release.resolve()
  await vi.waitFor(() => expect(runs.working).toBe(0), { timeout: 60_000, interval: 20 })
  expect((await runs.get('r1')).result).toMatchObject({ status: 'completed', answer: 'go' })
  expect(notes).toEqual([])
  await kill()
})

it('cancels a run that another coordinator drives', async () => {
  await using bed = await runBed(async () => undefined)
  const [driver, other] = [await bed.coordinator({ id: 'c-1' }), await bed.coordinator({ id: 'c-2' })]
  await driver.runs.submit({ run: 'r1', ...direct }, 'user')
  await vi.waitFor(() => expect(driver.runs.openTasks()).toHaveLength(1), { timeout: 60_000 })
  expect(await other.runs.cancel({ run: 'r1', reason: 'enough' }, 'user')).toEqual({
    run: 'r1',
    status: 'canceled',
  })
  expect((await other.runs.get('r1')).tasks).toMatchObject([{ status: 'canceled' }])
  expect([...driver.notes, ...other.notes]).toEqual([])
  await Promise.all([driver.kill(), other.kill()])
})
