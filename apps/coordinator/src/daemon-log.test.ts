import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DaemonLog } from './daemon-log.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('writes what a full disk has refused when there is room again, each line once and with its time', () => {
  let room = 40
  let file = ''
  const log = new DaemonLog((bytes) => {
    if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    const part = Buffer.from(bytes.subarray(0, room))
    room -= part.length
    file += part.toString()
    return part.length
  })
  vi.setSystemTime(0)
  log.line('The disk is full.')
  vi.setSystemTime(5_000)
  log.line('The disk has space again.')
  expect(file.length).toBe(40)
  room = 1_000
  vi.advanceTimersByTime(1_000)
  expect(file).toBe(
    '1970-01-01T00:00:00.000Z The disk is full.\n1970-01-01T00:00:05.000Z The disk has space again.\n',
  )
})

it('drops lines that nobody can read', () => {
  const written: string[] = []
  let isClosed = true
  const log = new DaemonLog((bytes) => {
    if (isClosed) throw Object.assign(new Error('closed'), { code: 'EPIPE' })
    written.push(Buffer.from(bytes).toString().slice(25))
    return bytes.length
  })
  log.line('lost')
  isClosed = false
  log.line('kept')
  expect(written).toEqual(['kept\n'])
})
