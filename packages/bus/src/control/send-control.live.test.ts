import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus } from '../../test/test-bus.ts'
import { sendControl } from './send-control.ts'
import { serveControl } from './serve-control.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** A host that has these tasks. It pushes the requests that it acts on to `told`. */
function host(name: string, tasks: string[], told: string[]) {
  return serveControl(test.bus, 'analyst', name, {
    cancel({ task, reason }) {
      if (tasks.includes(task)) told.push(`${name} cancel ${task}: ${reason}`)
      return tasks.includes(task)
    },
    decide({ task, call, decision }) {
      if (tasks.includes(task)) told.push(`${name} ${decision} ${call}`)
      return tasks.includes(task)
    },
  })
}

describe('sendControl', () => {
  it('reaches every host, and returns as soon as one has acted', async () => {
    const told: string[] = []
    await using _a = await host('one', ['r1-a'], told)
    await using _b = await host('two', ['r1-b'], told)
    const replies = await sendControl(test.bus, 'analyst', 'cancel', { task: 'r1-b', reason: 'enough' })
    expect(replies).toContainEqual({ host: 'two', done: true })
    expect(told).toEqual(['two cancel r1-b: enough'])
    const yes = { task: 'r1-a', call: '1.1', decision: 'approve', by: 'user' } as const
    expect(await sendControl(test.bus, 'analyst', 'decide', yes)).toContainEqual({ host: 'one', done: true })
    expect(told).toContain('one approve 1.1')
    const nowhere = { task: 'r1-c', reason: 'enough' }
    expect(await sendControl(test.bus, 'analyst', 'cancel', nowhere, { hosts: 2 })).toEqual(
      expect.arrayContaining([
        { host: 'one', done: false },
        { host: 'two', done: false },
      ]),
    )
  })

  it('returns no replies if no host runs', async () => {
    expect(await sendControl(test.bus, 'nobody', 'cancel', { task: 'r1-a', reason: 'enough' })).toEqual([])
  })
})
