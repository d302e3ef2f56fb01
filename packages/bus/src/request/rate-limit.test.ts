import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RateLimit } from './rate-limit.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('accepts a number of messages per sender and second, and reports each sender that exceeds it once', () => {
  const exceeded: string[] = []
  const limit = new RateLimit(100, (subject) => exceeded.push(subject))
  const accepted = (subject: string, count: number) =>
    Array.from({ length: count }, () => limit.accept(subject)).filter(Boolean).length
  expect(accepted('cancel.evil', 5_000)).toBe(100)
  expect(accepted('cancel.honest', 100)).toBe(100)
  expect(exceeded).toEqual(['cancel.evil'])
  vi.advanceTimersByTime(1_000)
  expect(accepted('cancel.evil', 60)).toBe(60)
  expect(exceeded).toEqual(['cancel.evil'])
})
