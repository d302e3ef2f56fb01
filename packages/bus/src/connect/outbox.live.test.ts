import { Socket } from 'node:net'
import { ClosedConnectionError } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBus, type TestBus } from '../../test/test-bus.ts'
import type { Bus } from './bus.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())
afterEach(() => {
  vi.restoreAllMocks()
})

/** What arrives below a subject of its own, and a connection that publishes there. */
async function pair(name: string): Promise<{ sender: Bus; subject: string; heard: string[] }> {
  const heard: string[] = []
  const subject = `_INBOX.${name}`
  test.bus.connection.subscribe(subject, { callback: (_, message) => void heard.push(message.string()) })
  await test.bus.connection.flush()
  return { sender: await test.connect(name), subject, heard }
}

describe('Outbox', () => {
  it('sends in one write what is published in one turn, in whatever promise, in order', async () => {
    const { sender, subject, heard } = await pair('together')
    const write = vi.spyOn(Socket.prototype, 'write')
    const lanes = Array.from({ length: 10 }, async (_, n) => {
      // Each later in the queue of microtasks than the one before.
      for (let hop = 0; hop < 3 * n; hop += 1) await undefined
      sender.outbox.publish(subject, String(n))
    })
    await Promise.all(lanes)
    expect(write).not.toHaveBeenCalled()
    await new Promise((resolve) => setImmediate(resolve))
    expect(write).toHaveBeenCalledTimes(1)
    write.mockRestore()
    await sender.outbox.flush()
    await test.bus.connection.flush()
    expect(heard).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  it('does not wait for the end of the turn with 64 KB', async () => {
    const { sender, subject } = await pair('much')
    const publish = vi.spyOn(sender.connection, 'publish')
    sender.outbox.publish(subject, 'x'.repeat(64 * 1024 - 1))
    expect(publish).not.toHaveBeenCalled()
    sender.outbox.publish(subject, 'x')
    expect(publish).toHaveBeenCalledTimes(2)
  })

  it('is emptied before the connection is drained', async () => {
    const { sender, subject, heard } = await pair('last')
    sender.outbox.publish(subject, 'last words')
    await sender.drain()
    await test.bus.connection.flush()
    expect(heard).toEqual(['last words'])
  })

  it('tells who wants to know what the client did not take; the others are sent all the same', async () => {
    const { sender, subject, heard } = await pair('wrong')
    const failed = vi.fn()
    sender.outbox.publish('not a subject', '', {}, failed)
    sender.outbox.publish(subject, 'right')
    await sender.outbox.flush()
    await test.bus.connection.flush()
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ name: 'InvalidSubjectError' }))
    expect(heard).toEqual(['right'])
  })

  it('takes nothing once the connection is closed, and forgets without a word what waits then', async () => {
    const { sender, subject } = await pair('closed')
    sender.outbox.publish(subject, 'too late')
    await sender.close()
    sender.outbox.send()
    expect(() => sender.outbox.publish(subject, 'later')).toThrow(ClosedConnectionError)
  })
})
