import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IdleTimer } from './idle-timer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('IdleTimer', () => {
  it('expires once nothing has been at work for its time', () => {
    const expired = vi.fn()
    const timer = new IdleTimer(100, expired)
    const [one, two] = [timer.begin(), timer.begin()]
    one()
    vi.advanceTimersByTime(1_000)
    expect(expired).not.toHaveBeenCalled()
    two()
    vi.advanceTimersByTime(99)
    const three = timer.begin()
    vi.advanceTimersByTime(1_000)
    expect(expired).not.toHaveBeenCalled()
    three()
    vi.advanceTimersByTime(100)
    expect(expired).toHaveBeenCalledOnce()
  })

  it.each([
    ['without a time', undefined, false],
    ['after it was stopped', 100, true],
  ])('does not expire %s', (_, idleMs, stops) => {
    const expired = vi.fn()
    const timer = new IdleTimer(idleMs, expired)
    const end = timer.begin()
    if (stops) timer.stop()
    end()
    vi.advanceTimersByTime(1_000)
    expect(expired).not.toHaveBeenCalled()
  })
})
