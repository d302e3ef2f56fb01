import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RateLimit } from './rate-limit.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('accepts a number of messages per sender and second', () => {
  const limit = new RateLimit(100)
  const accepted = (subject: string, count: number) =>
    Array.from({ length: count }, () => limit.accept(subject)).filter(Boolean).length
  expect(accepted('cancel.evil', 5_000)).toBe(100)
  expect(accepted('cancel.honest', 100)).toBe(100)
  vi.advanceTimersByTime(1_000)
  expect(accepted('cancel.evil', 60)).toBe(60)
})
