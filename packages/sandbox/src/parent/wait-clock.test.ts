import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WaitClock } from './wait-clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('WaitClock', () => {
  const start = () => {
    const expired = vi.fn()
    return { clock: new WaitClock(1_000, expired), expired }
  }

  it('adds up the waits, and not the time in which the code runs', () => {
    const { clock, expired } = start()
    for (let turn = 0; turn < 3; turn += 1) {
      const call = clock.begin()
      clock.waiting(true)
      vi.advanceTimersByTime(300)
      clock.waiting(false)
      call.end()
      vi.advanceTimersByTime(5_000)
    }
    expect(expired).not.toHaveBeenCalled()
    clock.begin()
    clock.waiting(true)
    vi.advanceTimersByTime(90)
    expect(expired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(20)
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('does not count while every open call waits for a person or a delegate', () => {
    const { clock, expired } = start()
    const [person, tool] = [clock.begin(), clock.begin()]
    clock.waiting(true)
    person.pause()
    vi.advanceTimersByTime(400)
    tool.end()
    vi.advanceTimersByTime(3_600_000)
    expect(expired).not.toHaveBeenCalled()
    // The person has approved, and the call itself takes its time.
    person.resume()
    vi.advanceTimersByTime(590)
    expect(expired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(20)
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('expires in the next wait if a late timer let the waits pass the limit', () => {
    const { clock, expired } = start()
    clock.begin()
    clock.waiting(true)
    vi.advanceTimersByTime(900)
    const late = performance.now() + 500
    vi.spyOn(performance, 'now').mockImplementation(() => late)
    clock.waiting(false)
    vi.advanceTimersByTime(200)
    expect(expired).not.toHaveBeenCalled()
    clock.waiting(true)
    vi.advanceTimersByTime(1)
    expect(expired).toHaveBeenCalledTimes(1)
    vi.restoreAllMocks()
  })

  it('counts nothing twice, and nothing after the end of a call or of the step', () => {
    const { clock, expired } = start()
    const call = clock.begin()
    clock.waiting(true)
    call.pause()
    call.pause()
    call.resume()
    call.end()
    call.resume()
    call.end()
    vi.advanceTimersByTime(10_000)
    expect(expired).not.toHaveBeenCalled()
    clock.begin()
    clock.stop()
    vi.advanceTimersByTime(10_000)
    expect(expired).not.toHaveBeenCalled()
  })
})
