import { BailiwickError, NO_USAGE, RefusedError, type TaskResult } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, until } from '../../test/test-bus.ts'
import type { Bus } from '../connect/bus.ts'
import { requestDelegation } from './request-delegation.ts'
import { serveDelegations } from './serve-delegations.ts'

let test: TestBus
let caller: Bus
beforeAll(async () => {
  test = await startTestBus()
  caller = await test.connect('lead')
})
afterAll(() => test[Symbol.asyncDispose]())

const result: TaskResult = { status: 'completed', output: 42, usage: NO_USAGE, artifacts: [] }
const never = new AbortController().signal
function request(key: string) {
  return { call: '1.1', key, run: 'r1', task: 'r1-t1', target: 'writer', text: 'write it' }
}

describe('requestDelegation', () => {
  it('waits for one delegation over many polls, and passes the caller', async () => {
    let begun = 0
    let asker: string | undefined
    const { promise, resolve } = Promise.withResolvers<TaskResult>()
    await using _ = await serveDelegations(
      test.bus,
      async ({ caller }) => {
        begun++
        asker = caller
        return { result: promise }
      },
      { pollMs: 20 },
    )
    const asked = requestDelegation(caller, 'lead', request('k1'), never)
    setTimeout(() => resolve(result), 150)
    expect(await asked).toEqual(result)
    expect({ begun, asker }).toEqual({ begun: 1, asker: 'lead' })
  })

  it('continues after the coordinator is replaced', async () => {
    const first = await serveDelegations(test.bus, async () => ({ result: new Promise(() => {}) }))
    const asked = requestDelegation(caller, 'lead', request('k2'), never)
    await first[Symbol.asyncDispose]()
    const successor = await test.connect('coordinator')
    await using _ = await serveDelegations(successor, async () => ({ result }))
    expect(await asked).toEqual(result)
  })

  it('cancels the delegation when the caller aborts', async () => {
    let stopped = false
    let begun = false
    await using _ = await serveDelegations(test.bus, async (_request, signal) => {
      begun = true
      const result = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped = true
          reject(signal.reason)
        })
      })
      return { result }
    })
    const controller = new AbortController()
    const asked = requestDelegation(caller, 'lead', request('k3'), controller.signal)
    await until(() => begun, 'the delegation to begin')
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    await until(() => stopped, 'the delegation to stop')
  })

  it('keeps the delegation when the caller is suspended, and forgets the caller after a while', async () => {
    const reasons: unknown[] = []
    let begun = 0
    await using _ = await serveDelegations(
      test.bus,
      async (_request, signal) => {
        begun += 1
        if (begun > 1) return { result }
        const never = new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason)
            reject(signal.reason)
          })
        })
        return { result: never }
      },
      { pollMs: 100, keepMs: 100 },
    )
    const controller = new AbortController()
    const atWork = Promise.withResolvers<void>()
    const asked = requestDelegation(caller, 'lead', request('k5'), controller.signal, atWork.resolve)
    await atWork.promise
    controller.abort(new BailiwickError('suspended', 'the task waits'))
    await expect(asked).rejects.toThrow('the task waits')
    await until(() => reasons.length > 0, 'the coordinator to forget the caller')
    // A cancel would have come before, without this code.
    expect(reasons).toMatchObject([{ code: 'suspended', message: 'the caller has left' }])
    expect(await requestDelegation(caller, 'lead', request('k5'), never)).toEqual(result)
    expect(begun).toBe(2)
  })

  it('throws a refusal of the coordinator', async () => {
    await using _ = await serveDelegations(test.bus, async () => {
      throw new RefusedError('writer is not granted to lead')
    })
    await expect(requestDelegation(caller, 'lead', request('k4'), never)).rejects.toBeInstanceOf(RefusedError)
  })
})
