import { describe, expect, it, vi } from 'vitest'
import { onAbort } from './on-abort.ts'

describe('onAbort', () => {
  it('tells all who listen, once, in their order, whatever one of them takes back meanwhile', () => {
    const controller = new AbortController()
    const told: string[] = []
    const forgetLast = vi.fn(() => {})
    onAbort(controller.signal, () => told.push('first'))
    const forget = onAbort(controller.signal, () => told.push('forgotten'))
    onAbort(controller.signal, () => {
      told.push('last')
      forgetLast()
    })
    forget()
    controller.abort()
    controller.abort()
    expect(told).toEqual(['first', 'last'])
    expect(forgetLast).toHaveBeenCalledOnce()
  })

  it('counts each listening by itself, also of one function', () => {
    const controller = new AbortController()
    const listener = vi.fn()
    const forget = onAbort(controller.signal, listener)
    onAbort(controller.signal, listener)
    forget()
    controller.abort()
    expect(listener).toHaveBeenCalledOnce()
  })

  it('listens to the signal itself once only', () => {
    const { signal } = new AbortController()
    const listen = vi.spyOn(signal, 'addEventListener')
    for (let n = 0; n < 100; n += 1) onAbort(signal, () => {})()
    expect(listen).toHaveBeenCalledOnce()
  })
})
