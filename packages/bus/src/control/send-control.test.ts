import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus } from '../../test/test-bus.ts'
import { sendControl } from './send-control.ts'
import { serveControl } from './serve-control.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** A host that has these tasks; what it was told is pushed to `told`. */
function host(name: string, tasks: string[], told: string[]) {
  return serveControl(test.bus, 'analyst', name, {
    cancel({ task, reason }) {
      if (tasks.includes(task)) told.push(`${name} cancel ${task}: ${reason}`)
      return tasks.includes(task)
    },
    answer({ task, call, approved }) {
      if (tasks.includes(task)) told.push(`${name} answer ${call}: ${approved}`)
      return tasks.includes(task)
    },
    drain: () => void told.push(`${name} drain`),
    toolsChanged: () => void told.push(`${name} tools`),
  })
}

describe('sendControl', () => {
  it('reaches every host, and returns as soon as one has done it', async () => {
    const told: string[] = []
    await using _a = await host('one', ['r1-a'], told)
    await using _b = await host('two', ['r1-b'], told)
    const answers = await sendControl(test.bus, 'analyst', 'cancel', { task: 'r1-b', reason: 'enough' })
    expect(answers).toContainEqual({ host: 'two', done: true })
    expect(told).toEqual(['two cancel r1-b: enough'])
    const yes = { task: 'r1-a', call: '1.1', approved: true, by: 'user' }
    expect(await sendControl(test.bus, 'analyst', 'answer', yes)).toContainEqual({ host: 'one', done: true })
    expect(told).toContain('one answer 1.1: true')
    expect(await sendControl(test.bus, 'analyst', 'tools-changed', {}, { hosts: 2 })).toHaveLength(2)
    const drained = await sendControl(test.bus, 'analyst', 'drain', { host: 'one' })
    expect(drained).toContainEqual({ host: 'one', done: true })
    expect(told).toContain('one drain')
    expect(told).not.toContain('two drain')
  })

  it('is content when no host runs', async () => {
    expect(await sendControl(test.bus, 'nobody', 'drain', {})).toEqual([])
  })
})
