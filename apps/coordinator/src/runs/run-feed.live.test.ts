import { lastJournalSequence } from '@bailiwick/bus'
import { expect, it, vi } from 'vitest'
import { type RunBed, runBed } from '../testing/run-bed.ts'

vi.setConfig({ testTimeout: 240_000 })

const direct = { text: 'go', inputs: [], strategy: 'direct' as const }

/** Stores messages in the worker's journals as fast as the server takes them, until aborted. */
async function flood({ bus: { connection } }: RunBed, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n += 1) {
    for (let one = 0; one < 500; one += 1) connection.publish(`bailiwick.v1.journal.worker.r${n}.t`, '{}')
    await connection.flush()
  }
}

/** The writers that each reader of JOURNAL reads. */
async function readers({ bus }: RunBed): Promise<string[]> {
  const consumers = await bus.jsm.consumers.list('JOURNAL').next()
  return consumers.flatMap(({ config: { filter_subject, filter_subjects = [filter_subject ?? ''] } }) => {
    const isWhole = filter_subjects.every((subject) => subject.endsWith('.*.*'))
    return isWhole ? [filter_subjects.map((subject) => subject.split('.')[3]).join(' ')] : []
  })
}

it('reads a flooding agent apart from all others, and then everything in order again', async () => {
  await using bed = await runBed()
  const { runs, notes, kill } = await bed.coordinator()
  await runs.submit({ run: 'r-before', ...direct, agent: 'worker' }, 'user')
  const calm = new AbortController()
  const flooding = flood(bed, calm.signal)
  await vi.waitFor(async () => expect(await readers(bed)).toContain('coordinator writer'), {
    timeout: 60_000,
    interval: 50,
  })
  await runs.submit({ run: 'r-writer', ...direct, agent: 'writer' }, 'user')
  await runs.submit({ run: 'r-worker', ...direct, agent: 'worker' }, 'user')
  await vi.waitFor(async () => expect((await runs.get('r-writer')).status).toBe('completed'), {
    timeout: 60_000,
    interval: 50,
  })
  calm.abort()
  await flooding
  await vi.waitFor(
    async () => {
      expect(await runs.stored()).toBe(await lastJournalSequence(bed.bus))
      expect(runs.working).toBe(0)
      expect(await readers(bed)).toEqual(['*'])
    },
    { timeout: 120_000, interval: 100 },
  )
  const { runs: listed } = await runs.list(10)
  expect(listed.map(({ run, status }) => `${run} ${status}`).sort()).toEqual([
    'r-before completed',
    'r-worker completed',
    'r-writer completed',
  ])
  expect(notes).toEqual([])
  await kill()
})
