import { InputError } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planned, startTestBus, type TestBus } from '../../test/test-bus.ts'
import { connectBus } from '../connect/connect-bus.ts'
import { serveFiles } from '../file/serve-files.ts'
import { permissionsFor } from '../protocol/permissions/permissions-for.ts'
import { requestRun } from './request-run.ts'
import { serveRuns } from './serve-runs.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

describe('requestRun', () => {
  it('sends a request to the coordinator, which fills in defaults', async () => {
    const user = await test.connect('user')
    await using _ = await serveRuns(test.bus, {
      submit: async ({ run, inputs }) => ({ run: `${run}${inputs.length}`, duplicate: false }),
      cancel: async () => {
        throw new InputError('No run r9.')
      },
    })
    expect(await requestRun(user, 'submit', { run: 'r1', text: 'count' })).toEqual({
      run: 'r10',
      duplicate: false,
    })
    await expect(requestRun(user, 'cancel', { run: 'r9' })).rejects.toThrow(new InputError('No run r9.'))
  })

  it('receives replies of any size', async () => {
    const grant = { role: 'user' } as const
    const { creds } = await test.server.credentials({ name: 'user', permissions: permissionsFor(grant) })
    await using user = await connectBus({ url: test.server.url, creds, name: 'user' })
    const records = [planned('x'.repeat(3_000_000))]
    await using _files = await serveFiles(test.bus)
    await using _ = await serveRuns(test.bus, { journal: async () => ({ records, unreadable: [] }) })
    expect(await requestRun(user, 'journal', { run: 'r1' })).toEqual({ records, unreadable: [] })
  })

  it('rejects an invalid request, and says what it expected', async () => {
    await using _ = await serveRuns(test.bus, { submit: async ({ run }) => ({ run, duplicate: false }) })
    const asked = requestRun(test.bus, 'submit', { run: 'not a token', text: 'count' })
    await expect(asked).rejects.toThrow(/run.*1 to 63 letters/s)
  })

  it('explains that no coordinator is running', async () => {
    await expect(requestRun(test.bus, 'list', {})).rejects.toMatchObject({
      code: 'no-responder',
      message: expect.stringContaining('bailiwick up'),
    })
  })
})
