import { BUCKETS, putEntry, readEntries } from '@bailiwick/bus'
import { describe, expect, it, vi } from 'vitest'
import { type RunBed, runBed } from '../testing/run-bed.ts'
import { purgeOldRuns } from './purge-old-runs.ts'

vi.setConfig({ testTimeout: 120_000 })

const direct = { text: 'go', inputs: [], strategy: 'direct' as const, agent: 'worker' }

/** The hosts end a task if its text is not `wait`. */
const bed = () => runBed(async ({ text }) => (text === 'wait' ? undefined : { output: text }))

/** Ends the first coordinator's work with the bucket and a checkpoint, as the projector writes it. */
async function checkpoint({ bus }: RunBed, position: number): Promise<void> {
  await putEntry(bus, BUCKETS.coordinators, 'projector', { v: 1, position })
}

async function entries({ bus }: RunBed): Promise<Map<string, Record<string, unknown>>> {
  const found = new Map<string, Record<string, unknown>>()
  const parse = (value: unknown) => value as Record<string, unknown>
  for await (const { key, value } of readEntries(bus, BUCKETS.runs, parse)) found.set(key, value)
  return found
}

/** The sequences of JOURNAL that a coordinator reads. */
async function readFrom(place: RunBed): Promise<number[]> {
  const consumers = await place.bus.jsm.consumers.list('JOURNAL').next()
  return consumers.flatMap(({ config: { filter_subject, opt_start_seq } }) =>
    filter_subject === 'bailiwick.v1.journal.*.*.*' ? [opt_start_seq ?? 1] : [],
  )
}

describe('the bucket of runs', () => {
  it('has the open tasks of open runs and the summaries of ended ones, and the next start reads it', async () => {
    await using place = await bed()
    const first = await place.coordinator()
    await first.runs.submit({ run: 'r1', ...direct }, 'user')
    await first.runs.submit({ run: 'r2', ...direct, text: 'wait' }, 'user-alice')
    await vi.waitFor(() => {
      expect(first.runs.working).toBe(1)
      expect(first.runs.openTasks()).toMatchObject([{ run: 'r2', host: 'worker-1' }])
    })
    const before = await first.runs.list(10)
    const position = await first.runs.stored()
    expect(Object.fromEntries(await entries(place))).toMatchObject({
      r1: { status: 'completed', owner: 'user' },
      r2: { status: 'working', driver: 'c-1', tasks: [{ task: 'r2-t1', agent: 'worker', host: 'worker-1' }] },
    })
    // Now the texts come from the bucket.
    expect(await first.runs.list(10)).toEqual(before)
    await checkpoint(place, position)
    // After the checkpoint: the next start reads it from the journals.
    await first.runs.submit({ run: 'r3', ...direct }, 'user')
    await vi.waitFor(async () => expect((await first.runs.get('r3')).status).toBe('completed'))
    await first.kill()
    const next = await place.coordinator()
    expect(await readFrom(place)).toContain(position + 1)
    expect(next.runs.openTasks()).toMatchObject([{ run: 'r2', host: 'worker-1' }])
    const { runs } = await next.runs.list(10)
    expect(runs.map(({ run, status }) => [run, status])).toEqual([
      ['r3', 'completed'],
      ['r2', 'working'],
      ['r1', 'completed'],
    ])
    expect((await next.runs.list(10, 'user-alice')).runs.map(({ run }) => run)).toEqual(['r2'])
    expect(await next.runs.submit({ run: 'r1', ...direct }, 'user')).toEqual({ run: 'r1', duplicate: true })
    await next.kill()
  })

  it('is written again from the journals if it or the checkpoint is missing, or newer than they are', async () => {
    await using place = await bed()
    const first = await place.coordinator()
    await first.runs.submit({ run: 'r1', ...direct }, 'user')
    await vi.waitFor(async () => expect((await first.runs.get('r1')).status).toBe('completed'))
    const position = await first.runs.stored()
    const complete = await entries(place)
    await first.kill()
    const listed = async () => {
      const { runs, notes, kill } = await place.coordinator()
      const ids = (await runs.list(10)).runs.map(({ run }) => run)
      await runs.stored()
      const after = await entries(place)
      await kill()
      return { ids, notes, after: [...after.keys()] }
    }
    expect(await listed()).toEqual({ ids: ['r1'], notes: [], after: ['r1'] })
    await checkpoint(place, position)
    await place.bus.jsm.streams.purge('KV_runs')
    expect(await listed()).toEqual({ ids: ['r1'], notes: [], after: ['r1'] })
    // The journals lost their end, with a run that the bucket has.
    const lost = { ...complete.get('r1'), run: 'r9', position: position + 100 }
    await putEntry(place.bus, BUCKETS.runs, 'r9', lost)
    expect((await listed()).ids).toEqual(['r1'])
  })

  it('loses the entry of a run that is purged', async () => {
    await using place = await bed()
    const [one, other] = [await place.coordinator(), await place.coordinator({ id: 'c-2' })]
    await one.runs.submit({ run: 'r1', ...direct }, 'user')
    await vi.waitFor(async () => expect((await one.runs.get('r1')).status).toBe('completed'))
    await Promise.all([one.runs.stored(), other.runs.stored()])
    expect(await one.runs.purge('r1')).toBeGreaterThan(3)
    expect([...(await entries(place)).keys()]).toEqual([])
    expect((await other.runs.list(10)).runs).toEqual([])
    await expect(one.runs.purge('r1')).rejects.toThrow('found no run r1')
    await Promise.all([one.kill(), other.kill()])
  })
})

it('purges runs that ended long ago, and no open run', async () => {
  await using place = await bed()
  const { bus, runs, notes, kill } = await place.coordinator()
  await runs.submit({ run: 'old', ...direct }, 'user')
  await runs.submit({ run: 'open', ...direct, text: 'wait' }, 'user')
  await vi.waitFor(async () => expect((await runs.get('old')).status).toBe('completed'))
  const stop = new AbortController()
  const options = { bus, runs, keepMs: 0, isHolding: () => true, note: (line: string) => notes.push(line) }
  const purging = purgeOldRuns({ ...options, checkEveryMs: 10 }, stop.signal)
  await vi.waitFor(async () => expect((await runs.list(10)).runs).toMatchObject([{ run: 'open' }]))
  stop.abort()
  await purging
  await expect(runs.get('old')).rejects.toThrow('found no run old')
  expect(notes).toEqual([])
  await kill()
})
