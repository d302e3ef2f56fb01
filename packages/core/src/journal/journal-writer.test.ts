import type { JournalRecord } from '@bailiwick/contract'
import { describe, expect, it, vi } from 'vitest'
import { JournalWriter } from './journal-writer.ts'
import { memoryJournal } from './memory-journal.ts'

const planned = (step: number): JournalRecord => ({ type: 'task.planned', at: 0, step, text: '' })
const stepsOf = (records: readonly JournalRecord[]) =>
  records.map((record) => ('step' in record ? record.step : 0))

/** A journal whose appends the test acknowledges. */
function manual() {
  const appends: { records: JournalRecord[]; settle: PromiseWithResolvers<void> }[] = []
  const append = (records: JournalRecord[]) => {
    const settle = Promise.withResolvers<void>()
    appends.push({ records, settle })
    return settle.promise
  }
  return { appends, journal: { append, read: () => memoryJournal().read() } }
}

const tick = () => new Promise((resolve) => setImmediate(resolve))

describe('JournalWriter', () => {
  it('makes one append at a time, and puts records that are written meanwhile into the next', async () => {
    const { appends, journal } = manual()
    const told: JournalRecord[] = []
    const writer = new JournalWriter(journal, (record) => told.push(record))
    writer.write(planned(1))
    writer.write(planned(2))
    await vi.waitFor(() => expect(appends).toHaveLength(1))
    writer.write(planned(3))
    writer.write(planned(4))
    writer.write(planned(5))
    await tick()
    expect(appends.map(({ records }) => stepsOf(records))).toEqual([[1, 2]])
    expect(told).toEqual([])
    appends[0]?.settle.resolve()
    await tick()
    expect(appends.map(({ records }) => stepsOf(records))).toEqual([
      [1, 2],
      [3, 4, 5],
    ])
    expect(stepsOf(told)).toEqual([1, 2])
  })

  it('is flushed when all earlier records are acknowledged, regardless of later ones', async () => {
    const { appends, journal } = manual()
    const writer = new JournalWriter(journal)
    await writer.flushed()
    writer.write(planned(1))
    let flushed = false
    const waiting = writer.flushed().then(() => {
      flushed = true
    })
    await tick()
    writer.write(planned(2))
    expect(flushed).toBe(false)
    appends[0]?.settle.resolve()
    await waiting
    expect(appends).toHaveLength(2)
  })

  it('delays records to append them together, unless a caller waits for them', async () => {
    const { appends, journal } = manual()
    const writer = new JournalWriter(journal)
    writer.write(planned(1))
    await Promise.resolve()
    writer.write(planned(2))
    expect(appends).toEqual([])
    const waiting = writer.flushed()
    await Promise.resolve()
    expect(appends.map(({ records }) => stepsOf(records))).toEqual([[1, 2]])
    appends[0]?.settle.resolve()
    await waiting
  })

  it('calls back in order between records', async () => {
    const { appends, journal } = manual()
    const seen: (string | number)[] = []
    const writer = new JournalWriter(journal, (record) => seen.push(...stepsOf([record])))
    writer.whenFlushed(() => seen.push('at once'))
    writer.write(planned(1))
    writer.whenFlushed(() => seen.push('after 1'))
    writer.write(planned(2))
    expect(seen).toEqual(['at once'])
    await vi.waitFor(() => expect(appends).toHaveLength(1))
    appends[0]?.settle.resolve()
    await tick()
    expect(seen).toEqual(['at once', 1, 'after 1', 2])
  })

  it('appends nothing after a failure, and rejects all that wait', async () => {
    const { appends, journal } = manual()
    const failures: unknown[] = []
    const writer = new JournalWriter(journal, undefined, (error) => failures.push(error))
    writer.write(planned(1))
    const waiting = writer.flushed()
    await tick()
    writer.write(planned(2))
    const error = new Error('fenced')
    appends[0]?.settle.reject(error)
    await expect(waiting).rejects.toBe(error)
    await expect(writer.flushed()).rejects.toBe(error)
    writer.write(planned(3))
    await tick()
    expect(appends).toHaveLength(1)
    expect(failures).toEqual([error])
  })

  it('waits at most a second for the record of a suspended task', async () => {
    vi.useFakeTimers()
    const { appends, journal } = manual()
    let suspended = false
    void new JournalWriter(journal).suspend({ type: 'task.suspended', at: 0, attempt: 1 }).then(() => {
      suspended = true
    })
    await vi.advanceTimersByTimeAsync(999)
    expect(suspended).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(suspended).toBe(true)
    vi.useRealTimers()
    expect(appends.map(({ records }) => records)).toEqual([[{ type: 'task.suspended', at: 0, attempt: 1 }]])
  })
})
