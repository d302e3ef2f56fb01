import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Model, ModelEvent, ModelReply, ModelRequest } from '@bailiwick/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ollamaModel } from '../src/ollama/ollama-model.ts'
import { openaiModel } from '../src/openai/openai-model.ts'
import type { Fault } from '../src/testing/fault.ts'
import type { ModelServer, ModelServerOptions } from '../src/testing/model-server.ts'
import { startOllamaServer } from '../src/testing/ollama-server.ts'
import { startOpenAiServer } from '../src/testing/openai-server.ts'
import type { Timers } from '../src/wire/timers.ts'

const schema = { type: 'object', properties: { colour: { type: 'string' } } }

const ADAPTERS = {
  openai: {
    start: startOpenAiServer,
    model: (server: ModelServer, stream: boolean, timers?: Timers): Model =>
      openaiModel({ model: 'test-model', baseURL: `${server.url}/v1`, stream, timers }),
  },
  ollama: {
    start: startOllamaServer,
    model: (server: ModelServer, stream: boolean, timers?: Timers): Model =>
      ollamaModel({ model: 'test-model:1b', host: server.url, stream, timers }),
  },
}

const CASES = (['openai', 'ollama'] as const).flatMap((adapter) =>
  [true, false].map((stream) => ({ adapter, stream, ...ADAPTERS[adapter] })),
)

const request: ModelRequest = {
  messages: [
    { role: 'system', content: 'You answer.' },
    { role: 'user', content: 'What is it?' },
  ],
  purpose: 'act',
  lane: { agent: 'a', task: 't1', step: 1 },
}

let server: ModelServer | undefined

afterEach(async () => {
  await server?.[Symbol.asyncDispose]()
  server = undefined
})

async function open(
  start: (options: ModelServerOptions) => Promise<ModelServer>,
  options: ModelServerOptions,
) {
  server = await start(options)
  return server
}

async function collect(model: Model, asked = request, signal = new AbortController().signal) {
  const events: ModelEvent[] = []
  for await (const event of model.generate(asked, { signal })) events.push(event)
  const last = events.at(-1)
  if (last?.type !== 'reply') throw new Error('no reply at the end')
  return { events, reply: last.reply as ModelReply }
}

describe.each(CASES)('$adapter, stream $stream', ({ start, model, stream, adapter }) => {
  it('returns text, thinking, usage and the name of the model', async () => {
    const usage = { inputTokens: 12, outputTokens: 34 }
    const running = await open(start, { reply: () => ({ text: 'It is blue.', thinking: 'Look up.', usage }) })
    const { events, reply } = await collect(model(running, stream))
    expect(reply).toMatchObject({
      text: 'It is blue.',
      thinking: 'Look up.',
      finish: 'stop',
      calls: [],
      model: expect.stringContaining(`${adapter}/test-model`),
      usage: { inputTokens: 12, outputTokens: 34, replies: 1 },
    })
    const deltas = events.flatMap((event) => (event.type === 'text' ? [event.text] : []))
    expect(deltas.join('')).toBe('It is blue.')
    if (stream) expect(deltas.length).toBeGreaterThan(1)
  })

  it('sends tools and returns calls with parsed arguments', async () => {
    const calls = [{ name: 'look', arguments: { at: 'sky' } }]
    const running = await open(start, {
      reply: ({ tools }) => ({ calls: tools.includes('look') ? calls : [] }),
    })
    const tools = [
      {
        name: 'look',
        description: 'Looks.',
        input: { type: 'object', properties: { at: { type: 'string' } } },
      },
    ]
    const { reply } = await collect(model(running, stream), { ...request, tools })
    expect(reply.finish).toBe('calls')
    expect(reply.calls).toMatchObject([{ name: 'look', arguments: { at: 'sky' } }])
  })

  it('reuses connections', async () => {
    let opened = 0
    const onSocket = () => {
      opened += 1
    }
    const running = await open(start, { reply: 'It is blue.' })
    const asked = model(running, stream)
    subscribe('net.server.socket', onSocket)
    for (let call = 0; call < 50; call += 1) await collect(asked)
    unsubscribe('net.server.socket', onSocket)
    expect(opened).toBeLessThan(5)
  })

  it('sends the output schema', async () => {
    const running = await open(start, { reply: '{"colour":"blue"}' })
    const { reply } = await collect(model(running, stream), {
      ...request,
      output: { name: 'answer', schema },
    })
    expect(reply.text).toBe('{"colour":"blue"}')
    expect(running.requests[0]).toMatchObject(
      adapter === 'ollama'
        ? { format: schema }
        : { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } },
    )
  })

  it('times out a reply that takes too long as a whole, and names the timer', async () => {
    const running = await open(start, { fault: () => ({ kind: 'stall', afterBytes: 0 }) })
    const timers = { firstByteMs: 60_000, idleMs: 60_000, totalMs: 200 }
    await expect(collect(model(running, stream, timers))).rejects.toMatchObject({
      code: 'model-timeout',
      message: expect.stringMatching(/complete reply.*totalMs/),
    })
  })

  it('describes tools in the prompt for a model without tools, and reads the calls', async () => {
    const block = '```json\n{"calls": [{"name": "look", "arguments": {"at": "sky"}}]}\n```'
    const running = await open(start, {
      reply: () => block,
      fault: (n) => (n === 0 ? { kind: 'no-tools' } : undefined),
    })
    const tools = [{ name: 'look', description: 'Looks.', input: { type: 'object' } }]
    const { reply } = await collect(model(running, stream), { ...request, tools })
    expect(reply.calls).toMatchObject([{ name: 'look', arguments: { at: 'sky' } }])
    expect(running.requests).toHaveLength(2)
    expect(JSON.stringify(running.requests[1])).toContain('look')
  })

  it.each<[string, Fault]>([
    ['characters that are split between chunks', { kind: 'split-utf8' }],
    ['a wrong content type', { kind: 'wrong-content-type' }],
    ['a slow first byte', { kind: 'slow-first-byte', ms: 200 }],
  ])('tolerates %s', async (_name, fault) => {
    const running = await open(start, { reply: 'Grüße, 世界 🌍', fault: () => fault })
    expect((await collect(model(running, stream))).reply.text).toBe('Grüße, 世界 🌍')
  })

  it('throws the reason of an abort before the first byte and in the middle of a stream', async () => {
    for (const afterBytes of [0, 60]) {
      const running = await open(start, {
        reply: 'It is blue.',
        fault: () => ({ kind: 'stall', afterBytes }),
      })
      const controller = new AbortController()
      const asked = collect(model(running, stream), request, controller.signal)
      await vi.waitFor(() => expect(running.requests).toHaveLength(1), 30_000)
      controller.abort(new Error('enough'))
      await expect(asked).rejects.toThrow('enough')
      await vi.waitFor(() => expect(running.pending).toBe(0), 30_000)
      await running[Symbol.asyncDispose]()
    }
  })
})

describe.each(['openai', 'ollama'] as const)('%s', (adapter) => {
  it('throws the error that a server sends in the middle of a stream', async () => {
    const { start, model } = ADAPTERS[adapter]
    const running = await open(start, {
      reply: 'It is blue.',
      fault: () => ({ kind: 'error-in-stream', message: 'llama runner process has terminated' }),
    })
    await expect(collect(model(running, true))).rejects.toMatchObject({
      code: 'model-server',
      message: expect.stringContaining('llama runner process has terminated'),
    })
  })
})

describe('ollama', () => {
  it('always sends the context size', async () => {
    const running = await open(startOllamaServer, {})
    await collect(ollamaModel({ model: 'test-model:1b', host: running.url }))
    expect(running.requests[0]).toMatchObject({ options: { num_ctx: expect.any(Number) } })
  })

  it.each([
    { capabilities: ['completion', 'thinking'], sent: { think: 'low', keep_alive: '10m' } },
    { capabilities: ['completion'], sent: { keep_alive: '10m' } },
  ])('sends keep_alive, and think only to models that can: $capabilities', async ({ capabilities, sent }) => {
    await using running = await startOllamaServer({ capabilities })
    await collect(ollamaModel({ model: 'm', host: running.url, think: 'low', keepAlive: '10m' }))
    const { think, keep_alive } = running.requests[0] ?? {}
    expect({ ...(think !== undefined && { think }), keep_alive }).toEqual(sent)
  })

  it('names the setting for a prompt that does not fit the allowed context', async () => {
    const running = await open(startOllamaServer, {})
    const model = ollamaModel({ model: 'm', host: running.url, contextTokens: 4_096 })
    const long = { ...request, messages: [{ role: 'user' as const, content: 'word '.repeat(12_000) }] }
    await expect(collect(model, long)).rejects.toMatchObject({
      code: 'model-context',
      message: expect.stringMatching(/4,096 tokens, got about .* Set contextTokens higher, up to 40,960/),
    })
  })

  it('asks for a larger context for a longer prompt', async () => {
    const running = await open(startOllamaServer, {})
    const model = ollamaModel({ model: 'test-model:1b', host: running.url })
    await collect(model)
    await collect(model, { ...request, messages: [{ role: 'user', content: 'word '.repeat(12_000) }] })
    const sizes = running.requests.map(({ options }) => (options as { num_ctx: number }).num_ctx)
    expect(sizes[1]).toBeGreaterThan(sizes[0] ?? 0)
  })
})

describe('openai', () => {
  it.each([true, false])('rejects a reply without choices, stream %s', async (stream) => {
    const running = await open(startOpenAiServer, { fault: () => ({ kind: 'no-choices' }) })
    await expect(collect(ADAPTERS.openai.model(running, stream))).rejects.toMatchObject({
      code: expect.stringMatching(/^model-(empty|cut|malformed)$/),
    })
  })

  it('asks for JSON in the prompt if the server refuses the parameter, and extracts it from the reply', async () => {
    const message = 'response_format is not supported'
    const running = await open(startOpenAiServer, {
      reply: 'Here it is:\n```json\n{"colour": "blue"}\n```',
      fault: (place) => (place === 0 ? { kind: 'status', status: 400, message } : undefined),
    })
    const model = ADAPTERS.openai.model(running, true)
    const asked = { ...request, output: { name: 'answer', schema } }
    expect((await collect(model, asked)).reply.text).toBe('{"colour":"blue"}')
    expect(running.requests[1]).not.toHaveProperty('response_format')
    expect(JSON.stringify(running.requests[1])).toContain('that fits this JSON Schema')
    // The parameter is not sent again.
    await collect(model, asked)
    expect(running.requests).toHaveLength(3)
  })

  it('declares tools without tool_choice if the server refuses the parameter', async () => {
    const running = await open(startOpenAiServer, {
      fault: (place) =>
        place === 0 ? { kind: 'status', status: 400, message: 'unknown field tool_choice' } : undefined,
    })
    const model = ADAPTERS.openai.model(running, true)
    const tools = [{ name: 'look', description: 'Looks.', input: { type: 'object' } }]
    await collect(model, { ...request, tools, toolChoice: 'none' })
    expect(running.requests.map((body) => [body.tool_choice, (body.tools as unknown[]).length])).toEqual([
      ['none', 1],
      [undefined, 1],
    ])
  })

  it('names an address where nothing listens', async () => {
    const model = openaiModel({ model: 'x', baseURL: 'http://127.0.0.1:9/v1' })
    await expect(collect(model)).rejects.toMatchObject({
      code: 'model-unreachable',
      message: expect.stringContaining('127.0.0.1:9'),
    })
  })
})
