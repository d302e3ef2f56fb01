import { EncodedText, RefusedError, type Tool, TransientError } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBus, type TestBus, until } from '../../test/test-bus.ts'
import type { Bus } from '../connect/bus.ts'
import { serveFiles } from '../file/serve-files.ts'
import { TOOL_TIMING, type ToolTiming } from '../protocol/tool-call.ts'
import { ringTask } from '../queue/ring-task.ts'
import { remoteTool } from './remote-tool.ts'
import { serveTool } from './serve-tool.ts'
import { watchCalls } from './watch-calls.ts'

/** Waits for a host without signs for longer than a test may take. */
const NOTICES_SOON: ToolTiming = { ...TOOL_TIMING, silenceMs: 600_000, silenceAfterSignMs: 300 }

let test: TestBus
let caller: Bus
let files: AsyncDisposable
beforeAll(async () => {
  test = await startTestBus()
  caller = await test.connect('analyst')
  // A large input or result is stored for a task that is open.
  await ringTask(test.bus, { agent: 'analyst', run: 'r1', task: 'r1-t1', ring: 1 })
  files = await serveFiles(test.bus)
})
afterAll(async () => {
  await files?.[Symbol.asyncDispose]()
  await test?.[Symbol.asyncDispose]()
})

function tool(name: string, run: Tool['run']): Tool {
  return { name, description: name, input: { type: 'object' }, effect: 'none', run }
}
function context(id: string, signal: AbortSignal = new AbortController().signal) {
  return { id, key: `t/${id}`, caller: 'ignored', run: 'r1', task: 'r1-t1', signal }
}

describe('remoteTool', () => {
  it('calls the tool at its host, with the caller from the subject', async () => {
    const echo = tool('echo', async (input, { caller, run, task, key }) => ({
      input,
      caller,
      run,
      task,
      key,
    }))
    await using _ = await serveTool(test.bus, echo)
    expect(await remoteTool(caller, echo, 'analyst').run({ n: 1 }, context('1.1'))).toEqual({
      input: { n: 1 },
      caller: 'analyst',
      run: 'r1',
      task: 'r1-t1',
      key: 't/1.1',
    })
  })

  it('finds a host that starts because of the call, also if the call may be carried out only once', async () => {
    const late = { ...tool('late', async () => 'here'), effect: 'once' as const }
    let host: Promise<AsyncDisposable> | undefined
    const calls = watchCalls(test.bus, 'late', () => {
      calls[Symbol.dispose]()
      host ??= serveTool(test.bus, late)
    })
    await test.bus.connection.flush()
    expect(await remoteTool(caller, late, 'analyst').run({}, context('1.0'))).toBe('here')
    await (await host)?.[Symbol.asyncDispose]()
  })

  it('sends large inputs and results as files', async () => {
    const text = 'y'.repeat(2_000_000)
    const twice = tool('twice', async (input) => ({ got: (input as { text: string }).text.length, text }))
    await using _ = await serveTool(test.bus, twice)
    const result = await remoteTool(caller, twice, 'analyst').run({ text }, context('1.2'))
    expect(result).toEqual({ got: 2_000_000, text })
  })

  it('passes long results on as text for a sandbox, and longer ones as the name of their file', async () => {
    const make = tool('make', async (input) => ({
      text: 'y'.repeat((input as { length: number }).length),
      $: 1,
    }))
    await using _ = await serveTool(test.bus, make)
    const remote = remoteTool(caller, make, 'analyst', undefined, 'texts')
    expect(await remote.run({ length: 10 }, context('1.3'))).toEqual({ text: 'y'.repeat(10), $: 1 })
    // A key `$` needs a mark, so the text is not the value's own.
    expect(await remote.run({ length: 300_000 }, context('1.4'))).toEqual({ text: 'y'.repeat(300_000), $: 1 })
    const plain = tool('plain', async (input) => 'z'.repeat((input as { length: number }).length))
    await using __ = await serveTool(test.bus, plain)
    const remotePlain = remoteTool(caller, plain, 'analyst', undefined, 'texts')
    const text = await remotePlain.run({ length: 300_000 }, context('1.5'))
    expect(text).toEqual(new EncodedText(JSON.stringify('z'.repeat(300_000))))
    expect(await remotePlain.run({ length: 1_200_000 }, context('1.6'))).toEqual({
      file: { name: 'plain-1.6.json', mediaType: 'application/json', size: 1_200_002 },
      message: expect.stringContaining('readFile({ name, from, length })'),
    })
  })

  it('notices early that a host died during a call', async () => {
    const host = await test.connect('toolbox')
    const begun = Promise.withResolvers<void>()
    const hang = () => {
      begun.resolve()
      return new Promise(() => {})
    }
    const stuck: Tool = { ...tool('stuck', hang), effect: 'once' }
    await serveTool(host, stuck)
    const call = remoteTool(caller, stuck, 'analyst', NOTICES_SOON).run({}, context('1.9'))
    call.catch(() => {})
    const sign = test.bus.connection.subscribe('_INBOX.>', { max: 1 })
    await begun.promise
    for await (const _message of sign);
    await host.close()
    await expect(call).rejects.toMatchObject({ code: 'no-reply' })
  })

  it('notices early that a host died before the first sign that it promised', async () => {
    const host = await test.connect('toolbox')
    const dies: Tool = { ...tool('dies', async () => 0), effect: 'once', signs: true }
    const arrived = Promise.withResolvers<void>()
    host.connection.subscribe('bailiwick.v1.tool.dies.*', { callback: () => arrived.resolve() })
    await host.connection.flush()
    const call = remoteTool(caller, dies, 'analyst', NOTICES_SOON).run({}, context('1.10'))
    call.catch(() => {})
    await arrived.promise
    await host.close()
    await expect(call).rejects.toMatchObject({ code: 'no-reply' })
  })

  it('waits longer for a service that promises no signs', async () => {
    const service = await test.connect('toolbox')
    service.connection.subscribe('bailiwick.v1.tool.plain.*', {
      callback: (_, message) => {
        setTimeout(() => message.respond('{"ok":true,"value":"late"}'), NOTICES_SOON.silenceAfterSignMs * 2)
      },
    })
    await service.connection.flush()
    const plain: Tool = { ...tool('plain', async () => 0), effect: 'once' }
    expect(await remoteTool(caller, plain, 'analyst', NOTICES_SOON).run({}, context('1.11'))).toBe('late')
    await service.close()
  })

  it('throws the error of the tool with its code', async () => {
    const fails = tool('fails', async () => {
      throw new RefusedError('not on a Sunday')
    })
    await using _ = await serveTool(test.bus, fails)
    const call = remoteTool(caller, fails, 'analyst').run({}, context('1.3'))
    await expect(call).rejects.toThrow(new RefusedError('not on a Sunday'))
  })

  it('throws a transient failure with the pause that the tool asks for', async () => {
    const busy = tool('busy', async () => {
      throw new TransientError('try again', { retryAfterMs: 1_500 })
    })
    await using _ = await serveTool(test.bus, busy)
    const call = remoteTool(caller, busy, 'analyst').run({}, context('1.31'))
    await expect(call).rejects.toMatchObject({ code: 'transient', message: 'try again', retryAfterMs: 1_500 })
  })

  it('fails if no host of the tool comes back', async () => {
    const missing = remoteTool(
      caller,
      tool('missing', async () => 0),
      'analyst',
      { ...TOOL_TIMING, reconnectMs: 100 },
    )
    await expect(missing.run({}, context('1.4'))).rejects.toMatchObject({
      code: 'no-responder',
      message: 'No process hosts the tool missing now.',
    })
  })

  it('waits for a host once, and not again until the tool had one', async () => {
    const gone = tool('gone', async () => 'here')
    const call = (id: string, reconnectMs: number) =>
      remoteTool(caller, gone, 'analyst', { ...TOOL_TIMING, reconnectMs }).run({}, context(id))
    const missing = { code: 'no-responder' }
    await expect(call('2.1', 100)).rejects.toMatchObject(missing)
    // Each of them would wait for longer than a test may take.
    for (let n = 0; n < 20; n++) await expect(call(`2.2${n}`, 600_000)).rejects.toMatchObject(missing)
    {
      await using _ = await serveTool(test.bus, gone)
      expect(await call('2.3', 100)).toBe('here')
    }
    // A host that was there may restart.
    const again = call('2.4', 600_000)
    await caller.connection.flush()
    await using _ = await serveTool(test.bus, gone)
    expect(await again).toBe('here')
  })

  it('waits for a host that restarts', async () => {
    const late = tool('late', async () => 'here')
    const timing = { ...TOOL_TIMING, reconnectMs: 60_000 }
    const call = remoteTool(caller, { ...late, effect: 'once' }, 'analyst', timing).run({}, context('1.6'))
    // The first request finds no host.
    await test.bus.connection.flush()
    await caller.connection.flush()
    await using _ = await serveTool(test.bus, late)
    expect(await call).toBe('here')
  })

  it('cancels the call at the host when the caller aborts', async () => {
    let begun = false
    let reason: unknown
    const slow = tool('slow', (_, { signal }) => {
      begun = true
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
          reject(signal.reason)
        })
      })
    })
    await using _ = await serveTool(test.bus, slow)
    const controller = new AbortController()
    const call = remoteTool(caller, slow, 'analyst').run({}, context('1.5', controller.signal))
    await until(() => begun, 'the call to reach the host')
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await until(() => reason, 'the cancel to reach the host')
  })
})
