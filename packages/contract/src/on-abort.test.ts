import { describe, expect, it, vi } from 'vitest'
import { onAbort } from './on-abort.ts'

describe('onAbort', () => {
  it('calls each listener once, in order, but not those that were removed', () => {
    const controller = new AbortController()
    const called: string[] = []
    const lastOnly = vi.fn(() => {})
    onAbort(controller.signal, () => called.push('first'))
    const remove = onAbort(controller.signal, () => called.push('removed'))
    onAbort(controller.signal, () => {
      called.push('last')
      lastOnly()
    })
    remove()
    controller.abort()
    controller.abort()
    expect(called).toEqual(['first', 'last'])
    expect(lastOnly).toHaveBeenCalledOnce()
  })

  it('keeps a listener that was added twice and removed once', () => {
    const controller = new AbortController()
    const listener = vi.fn()
    const remove = onAbort(controller.signal, listener)
    onAbort(controller.signal, listener)
    remove()
    controller.abort()
    expect(listener).toHaveBeenCalledOnce()
  })

  it('adds one event listener to the signal', () => {
    const { signal } = new AbortController()
    const listen = vi.spyOn(signal, 'addEventListener')
    for (let n = 0; n < 100; n += 1) onAbort(signal, () => {})()
    expect(listen).toHaveBeenCalledOnce()
  })
})
