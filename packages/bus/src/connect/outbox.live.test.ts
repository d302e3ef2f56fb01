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

/** A connection, a subject for it to publish on, and the messages that arrive there. */
async function pair(name: string): Promise<{ sender: Bus; subject: string; heard: string[] }> {
  const heard: string[] = []
  const subject = `_INBOX.${name}`
  test.bus.connection.subscribe(subject, { callback: (_, message) => void heard.push(message.string()) })
  await test.bus.connection.flush()
  return { sender: await test.connect(name), subject, heard }
}

describe('Outbox', () => {
  it('sends all messages of one turn of the event loop in one write, in order', async () => {
    const { sender, subject, heard } = await pair('together')
    const write = vi.spyOn(Socket.prototype, 'write')
    const lanes = Array.from({ length: 10 }, async (_, n) => {
      // Each lane publishes in a later microtask than the previous one.
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

  it('sends 64 KB before the end of the turn', async () => {
    const { sender, subject } = await pair('much')
    const publish = vi.spyOn(sender.connection, 'publish')
    sender.outbox.publish(subject, 'x'.repeat(64 * 1024 - 1))
    expect(publish).not.toHaveBeenCalled()
    sender.outbox.publish(subject, 'x')
    expect(publish).toHaveBeenCalledTimes(2)
  })

  it('sends its messages before the connection drains', async () => {
    const { sender, subject, heard } = await pair('last')
    sender.outbox.publish(subject, 'last words')
    await sender.drain()
    await test.bus.connection.flush()
    expect(heard).toEqual(['last words'])
  })

  it('reports a message that the client rejects, and sends the others', async () => {
    const { sender, subject, heard } = await pair('wrong')
    const failed = vi.fn()
    sender.outbox.publish('not a subject', '', {}, failed)
    sender.outbox.publish(subject, 'right')
    await sender.outbox.flush()
    await test.bus.connection.flush()
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ name: 'InvalidSubjectError' }))
    expect(heard).toEqual(['right'])
  })

  it('rejects messages after the connection is closed, and drops those that wait', async () => {
    const { sender, subject } = await pair('closed')
    sender.outbox.publish(subject, 'too late')
    await sender.close()
    sender.outbox.send()
    expect(() => sender.outbox.publish(subject, 'later')).toThrow(ClosedConnectionError)
  })
})
