import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Admission } from './admission.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Admission', () => {
  it('takes so many of each sender in a second, and says once whose it drops', () => {
    const dropping: string[] = []
    const admission = new Admission(100, (subject) => dropping.push(subject))
    const taken = (subject: string, count: number) =>
      Array.from({ length: count }, () => admission.takes(subject)).filter(Boolean).length
    expect(taken('cancel.evil', 5_000)).toBe(100)
    expect(taken('cancel.honest', 100)).toBe(100)
    expect(dropping).toEqual(['cancel.evil'])
    vi.advanceTimersByTime(1_000)
    expect(taken('cancel.evil', 60)).toBe(60)
    expect(dropping).toEqual(['cancel.evil'])
  })
})
