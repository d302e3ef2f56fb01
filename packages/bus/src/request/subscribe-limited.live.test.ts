import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBus, type TestBus } from '../../test/test-bus.ts'
import { subscribeLimited } from './subscribe-limited.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** Listens on a subject of its own. */
function listen(name: string, perSecond: number) {
  const subject = `bailiwick.v1.cancel.${name}`
  const taken: string[] = []
  const exceeded = vi.fn()
  const take = (message: { string(): string }) => taken.push(message.string())
  const limited = subscribeLimited(test.bus.connection, subject, { perSecond, exceeded, take })
  const { connection } = test.bus
  return { taken, exceeded, limited, send: (text: string) => connection.publish(subject, text) }
}

describe('subscribeLimited', () => {
  it('takes a bounded number of messages per second, and listens again after that second', async () => {
    const { taken, exceeded, limited, send } = listen('flood', 100)
    for (let n = 0; n < 20_000; n++) send('flood')
    await test.bus.connection.flush()
    expect(taken).toHaveLength(100)
    expect(exceeded).toHaveBeenCalledTimes(1)
    await vi.waitFor(
      () => {
        send('later')
        expect(taken).toContain('later')
      },
      { timeout: 30_000, interval: 50 },
    )
    limited.close()
  })

  it('loses nothing of a sender that stays below the limit', async () => {
    const { taken, exceeded, limited, send } = listen('calm', 10)
    const sent = Array.from({ length: 33 }, (_, n) => String(n))
    for (const text of sent) {
      send(text)
      await sleep(250)
    }
    await test.bus.connection.flush()
    expect(taken).toEqual(sent)
    expect(exceeded).not.toHaveBeenCalled()
    await limited.drain()
  })
})
