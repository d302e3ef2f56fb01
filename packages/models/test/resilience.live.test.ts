import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Model } from '@bailiwick/contract'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { asModel } from '../src/as-model.ts'
import { openaiSource } from '../src/openai/openai-model.ts'
import { withBreaker } from '../src/resilience/with-breaker.ts'
import { withRetries } from '../src/resilience/with-retries.ts'
import { withSlots } from '../src/resilience/with-slots.ts'
import type { ModelSettings } from '../src/resolve/model-settings.ts'
import { resolveModel } from '../src/resolve/resolve-model.ts'
import type { Fault } from '../src/testing/fault.ts'
import type { ModelServer } from '../src/testing/model-server.ts'
import { startOllamaServer } from '../src/testing/ollama-server.ts'
import { startOpenAiServer } from '../src/testing/openai-server.ts'
import { ask, request } from './ask.ts'

const busy = { kind: 'status', status: 503 } as const

function resolve(server: ModelServer, settings: Partial<ModelSettings> = {}): Promise<Model> {
  const m = { model: 'openai/test-model', baseURL: `${server.url}/v1`, ...settings }
  return resolveModel('m', { env: {}, aliases: { m } })
}

describe('retries', () => {
  it.each(['seconds', 'date', 'milliseconds'] as const)(
    'wait as long as the server asks for in %s',
    async (form) => {
      const retryAfterMs = 400
      await using server = await startOpenAiServer({
        fault: (place) => (place === 0 ? { kind: 'status', status: 429, retryAfterMs, form } : undefined),
      })
      const begun = Date.now()
      await ask(await resolve(server))
      expect(server.requests).toHaveLength(2)
      // A date has whole seconds, so it may be rounded up to a time that is almost over.
      expect(Date.now() - begun).toBeGreaterThanOrEqual(form === 'date' ? 0 : retryAfterMs)
    },
  )

  it('give up if the server asks for more time than the deadline leaves', async () => {
    await using server = await startOpenAiServer({
      fault: () => ({ kind: 'status', status: 429, retryAfterMs: 60_000 }),
    })
    const model = await resolve(server)
    await expect(ask(model, { deadline: Date.now() + 50_000 })).rejects.toMatchObject({
      code: 'model-rate-limit',
      retryAfterMs: 60_000,
    })
    expect(server.requests).toHaveLength(1)
  })

  it('outlast a storm of 429s, and say what they wait for', async () => {
    let storm = 0
    await using server = await startOpenAiServer({
      // Each of the calls is refused ten times on average, by a server that asks for a pause or does not.
      fault: (place) => {
        if (place >= 200) return undefined
        storm += 1
        return {
          kind: 'status',
          status: 429,
          ...(place % 2 === 0 && { retryAfterMs: 20, form: 'milliseconds' }),
        }
      },
    })
    const source = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
    const model = asModel(withRetries(source, { random: () => 0.01 * Math.random() }))
    const asked = await Promise.all(Array.from({ length: 20 }, () => ask(model)))
    expect(storm).toBe(200)
    const waits = asked.map(({ events }) => events.filter(({ type }) => type === 'waiting'))
    expect(waits.flat()).toHaveLength(200)
    expect(Math.max(...waits.map(({ length }) => length))).toBeGreaterThan(4)
    expect(waits.flat()[0]).toEqual({
      type: 'waiting',
      text: expect.stringMatching(/^openai\/m: 429, retrying in 0\.\d s$/),
      ms: expect.any(Number),
    })
    // A wait withdraws nothing.
    expect(asked.flatMap(({ events }) => events.filter(({ type }) => type === 'restart'))).toEqual([])
  })

  it.each([429, 503, 529])(
    'of a busy server (%i) are limited by the deadline, or else by retryMs',
    async (status) => {
      await using server = await startOpenAiServer({
        fault: () => ({ kind: 'status', status, retryAfterMs: 30, form: 'milliseconds' }),
      })
      const source = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
      const model = asModel(withRetries(source, { retryMs: 2_000, random: () => 0 }))
      await expect(ask(model)).rejects.toThrow(
        /Gave up after \d+ attempts in [\d.]+ s, because 2 s have gone by \(retryMs\)\. The server asks to wait for 0\.1 s\./,
      )
      expect(server.requests.length).toBeGreaterThan(4)
      const before = server.requests.length
      await expect(ask(model, { deadline: Date.now() + 2_000 })).rejects.toThrow(
        /Gave up after \d+ attempts in [\d.]+ s, because its deadline comes first\./,
      )
      expect(server.requests.length - before).toBeGreaterThan(4)
    },
  )

  it('of other failures are few, because each may cost money', async () => {
    await using server = await startOpenAiServer({
      fault: (place) => (place % 2 === 0 ? { kind: 'malformed-json' } : { kind: 'status', status: 429 }),
    })
    const source = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
    await expect(ask(asModel(withRetries(source, { random: () => 0 })))).rejects.toThrow('after 7 attempts')
    const faulty = server.requests.length - 3
    expect(faulty).toBe(4)
  })

  it('of a busy server are few if there is a fallback', async () => {
    await using server = await startOpenAiServer({ fault: () => ({ kind: 'status', status: 429 }) })
    const source = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
    const retried = asModel(withRetries(source, { hasFallback: true, random: () => 0 }))
    await expect(ask(retried)).rejects.toThrow('after 4 attempts')
  })

  it('are limited by the settings, and the error has their number', async () => {
    await using server = await startOpenAiServer({ fault: () => busy })
    await expect(ask(await resolve(server, { attempts: 2 }))).rejects.toThrow('after 2 attempts')
    expect(server.requests).toHaveLength(2)
    await expect(ask(await resolve(server, { attempts: 1 }))).rejects.toMatchObject({
      code: 'model-overloaded',
    })
    expect(server.requests).toHaveLength(3)
  })

  it('withdraw the deltas of a failed attempt', async () => {
    await using server = await startOpenAiServer({
      reply: 'It is blue, as far as one can see.',
      fault: (place) => (place === 0 ? { kind: 'cut', afterBytes: 700 } : undefined),
    })
    const { events } = await ask(await resolve(server))
    const types = events.map(({ type }) => type)
    expect(types.indexOf('text')).toBeLessThan(types.indexOf('restart'))
    expect(types.filter((type) => type === 'restart')).toHaveLength(1)
  })

  it('stop when the call is aborted in a pause', async () => {
    await using server = await startOpenAiServer({
      fault: () => ({ kind: 'status', status: 503, retryAfterMs: 30_000 }),
    })
    const controller = new AbortController()
    const random = vi.fn(() => 0)
    const source = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
    const asked = ask(asModel(withRetries(source, { random })), { signal: controller.signal })
    await vi.waitFor(() => expect(random).toHaveBeenCalled(), 30_000)
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    expect(server.requests).toHaveLength(1)
  })

  it('pause for a random time', async () => {
    await using server = await startOpenAiServer({ fault: () => busy })
    const random = vi.fn(() => 0)
    const source = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
    await expect(ask(asModel(withRetries(source, { attempts: 3, random })))).rejects.toThrow(
      'after 3 attempts',
    )
    expect(random).toHaveBeenCalledTimes(2)
  })
})

describe('slots', () => {
  it('limit the calls at once, and lose no reply of 200 calls under a mix of faults', async () => {
    let maxPending = 0
    const counted: number[] = []
    const faults = [
      undefined,
      busy,
      undefined,
      { kind: 'reset' },
      undefined,
      { kind: 'cut', afterBytes: 300 },
      undefined,
      { kind: 'status', status: 429 },
      { kind: 'malformed-json' },
    ] as const
    await using server = await startOpenAiServer({
      reply: () => {
        maxPending = Math.max(maxPending, server.pending)
        // Every reply has a different usage, so that none can be mistaken for another.
        const place = server.requests.length - 1
        if (faults[place % faults.length] === undefined) counted.push(place)
        return { text: 'It is blue.', usage: { inputTokens: 3, outputTokens: place } }
      },
      fault: (place) => faults[place % faults.length],
    })
    const bare = openaiSource({ model: 'm', baseURL: `${server.url}/v1` })
    const limited = withSlots(withBreaker(bare, server.url), { key: server.url, slots: 5 })
    const model = asModel(withRetries(limited, { attempts: 30, random: () => 0 }))
    const asked = await Promise.all(Array.from({ length: 200 }, () => ask(model)))
    const replies = asked.map(({ reply }) => reply)
    expect(replies).toHaveLength(200)
    expect(maxPending).toBeGreaterThan(1)
    expect(maxPending).toBeLessThanOrEqual(5)
    expect(replies.map(({ usage }) => usage.outputTokens).toSorted((a, b) => a - b)).toEqual(
      counted.toSorted((a, b) => a - b),
    )
    await vi.waitFor(() => expect(server.pending).toBe(0), 30_000)
  }, 300_000)

  it('are shared by the processes of a machine, and freed when one is killed', async () => {
    let maxPending = 0
    await using server = await startOllamaServer({
      reply: () => {
        maxPending = Math.max(maxPending, server.pending)
        return 'ok'
      },
      fault: (place) => (place === 0 ? { kind: 'stall', afterBytes: 0 } : undefined),
    })
    const folder = await mkdtemp(join(tmpdir(), 'slots-'))
    const env = { OLLAMA_HOST: server.url, BAILIWICK_MODEL_SLOTS: folder }
    const script = `import { resolveModel } from '@bailiwick/models'
      const model = await resolveModel('ollama/test-model:1b', { env: process.env })
      const request = ${JSON.stringify(request)}
      for (let n = 0; n < 5; n += 1) for await (const _ of model.generate(request, { signal: new AbortController().signal }));`
    const begin = () =>
      execFile(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
        env,
        cwd: import.meta.dirname,
      })
    const holder = begin()
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), 50_000)
    const late = ask(await resolveModel('ollama/test-model:1b', { env }), { deadline: Date.now() + 200 })
    await expect(late).rejects.toMatchObject({ code: 'model-timeout' })
    const others = [begin(), begin(), begin()]
    const ended = others.map((child) => once(child, 'close'))
    holder.kill('SIGKILL')
    expect((await Promise.all(ended)).map(([code]) => code)).toEqual([0, 0, 0])
    expect(server.requests).toHaveLength(16)
    expect(maxPending).toBe(1)
    await rm(folder, { recursive: true })
  })

  it('allow one call at a time to Ollama, from all models of a process together', async () => {
    let maxPending = 0
    await using server = await startOllamaServer({
      reply: () => {
        maxPending = Math.max(maxPending, server.pending)
        return 'ok'
      },
    })
    const env = { OLLAMA_HOST: server.url }
    const models = await Promise.all(
      Array.from({ length: 6 }, () => resolveModel('ollama/test-model:1b', { env })),
    )
    await Promise.all(models.map((model) => ask(model)))
    expect(server.requests).toHaveLength(6)
    expect(maxPending).toBe(1)
  })

  it('are freed by an aborted call, and an aborted call stops waiting for one', async () => {
    await using server = await startOpenAiServer({
      fault: (place) => (place === 0 ? { kind: 'stall', afterBytes: 0 } : undefined),
    })
    const model = await resolve(server, { concurrency: 1 })
    const [first, second] = [new AbortController(), new AbortController()]
    const stalled = ask(model, { signal: first.signal })
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), 30_000)
    const waiting = ask(model, { signal: second.signal })
    const third = ask(model)
    second.abort(new Error('not waiting'))
    await expect(waiting).rejects.toThrow('not waiting')
    first.abort(new Error('enough'))
    await expect(stalled).rejects.toThrow('enough')
    expect((await third).reply.text).toBe('ok')
  })

  it('are not waited for beyond the deadline', async () => {
    await using server = await startOpenAiServer({ fault: () => ({ kind: 'stall', afterBytes: 0 }) })
    const model = await resolve(server, { concurrency: 1 })
    const controller = new AbortController()
    const stalled = ask(model, { signal: controller.signal })
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), 30_000)
    await expect(ask(model, { deadline: Date.now() + 100 })).rejects.toMatchObject({ code: 'model-timeout' })
    expect(server.requests).toHaveLength(1)
    controller.abort()
    await expect(stalled).rejects.toThrow()
  })
})

describe('the breaker', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('skips a server after 8 failures in a row, and repeats its last error', async () => {
    await using server = await startOpenAiServer({
      fault: () => ({ kind: 'status', status: 500, message: 'on fire' }),
    })
    const model = await resolve(server, { attempts: 1 })
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let call = 0; call < 8; call++)
      await expect(ask(model)).rejects.toMatchObject({ code: 'model-server' })
    await expect(ask(model)).rejects.toMatchObject({
      code: 'model-overloaded',
      message: expect.stringMatching(/8 times in a row.*on fire/),
      retryAfterMs: 10_000,
    })
    expect(server.requests).toHaveLength(8)
  })

  it('lets one call try the server later, while others wait and can be aborted', async () => {
    let healthy = false
    const open = Promise.withResolvers<void>()
    await using server = await startOpenAiServer({
      reply: () => open.promise.then(() => 'ok'),
      fault: () => (healthy ? undefined : { kind: 'status', status: 500 }),
    })
    const model = await resolve(server, { attempts: 1 })
    for (let call = 0; call < 8; call++)
      await expect(ask(model)).rejects.toMatchObject({ code: 'model-server' })
    healthy = true
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_001 })
    const trial = ask(model)
    await vi.waitFor(() => expect(server.requests).toHaveLength(9), 30_000)
    const waiting = ask(model)
    const controller = new AbortController()
    const aborted = ask(model, { signal: controller.signal })
    controller.abort(new Error('not waiting'))
    await expect(aborted).rejects.toThrow('not waiting')
    expect(server.requests).toHaveLength(9)
    open.resolve()
    expect((await trial).reply.text).toBe('ok')
    expect((await waiting).reply.text).toBe('ok')
    expect(server.requests).toHaveLength(10)
  })

  it('ignores a trial that its caller aborts, and makes the next call the trial', async () => {
    let fault: Fault = { kind: 'status', status: 500, message: 'on fire' }
    await using server = await startOpenAiServer({ fault: () => fault })
    const model = await resolve(server, { attempts: 1 })
    for (let call = 0; call < 8; call++)
      await expect(ask(model)).rejects.toMatchObject({ code: 'model-server' })
    fault = { kind: 'stall', afterBytes: 0 }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_001 })
    const [trialCaller, waitingCaller] = [new AbortController(), new AbortController()]
    const trial = ask(model, { signal: trialCaller.signal })
    await vi.waitFor(() => expect(server.requests).toHaveLength(9), 30_000)
    const aborted = ask(model, { signal: waitingCaller.signal })
    const waiting = [ask(model), ask(model), ask(model)]
    waitingCaller.abort(new Error('not waiting'))
    await expect(aborted).rejects.toThrow('not waiting')
    fault = { kind: 'status', status: 500, message: 'still on fire' }
    trialCaller.abort(new Error('enough'))
    await expect(trial).rejects.toThrow('enough')
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toMatchObject([
      { code: 'model-server' },
      { code: 'model-overloaded', message: expect.stringContaining('still on fire') },
      { code: 'model-overloaded' },
    ])
    expect(server.requests).toHaveLength(10)
  })

  it('does not count errors that are not the fault of the server', async () => {
    await using server = await startOpenAiServer({ fault: () => ({ kind: 'status', status: 401 }) })
    const model = await resolve(server)
    for (let call = 0; call < 12; call++)
      await expect(ask(model)).rejects.toMatchObject({ code: 'model-auth' })
    expect(server.requests).toHaveLength(12)
  })
})

describe('fallbacks', () => {
  it('answer in order, and the reply names the model', async () => {
    await using broken = await startOpenAiServer({ fault: () => ({ kind: 'status', status: 401 }) })
    await using healthy = await startOllamaServer({ reply: 'from the second' })
    const model = await resolve(broken, { fallbacks: ['ollama/test-model:1b'] })
    expect(model.id).toBe('openai/test-model')
    const env = { OLLAMA_HOST: healthy.url }
    const aliases = {
      m: { model: 'openai/test-model', baseURL: `${broken.url}/v1`, fallbacks: ['ollama/test-model:1b'] },
    }
    const { reply } = await ask(await resolveModel('m', { env, aliases }))
    expect(reply).toMatchObject({ text: 'from the second', model: 'ollama/test-model:1b' })
  })

  it('do not wait for a server that is known to be down', async () => {
    await using broken = await startOpenAiServer({ fault: () => ({ kind: 'status', status: 500 }) })
    await using healthy = await startOpenAiServer({ reply: 'green' })
    const server = { model: 'openai/a', baseURL: `${broken.url}/v1` }
    const aliases = {
      once: { ...server, attempts: 1 },
      alone: server,
      backed: { ...server, fallbacks: ['n'] },
      n: { model: 'openai/b', baseURL: `${healthy.url}/v1` },
    }
    const [once, alone, backed] = await Promise.all(
      ['once', 'alone', 'backed'].map((name) => resolveModel(name, { env: {}, aliases })),
    )
    if (!once || !alone || !backed) return expect.unreachable()
    for (let call = 0; call < 8; call++)
      await expect(ask(once)).rejects.toMatchObject({ code: 'model-server' })
    // Without a fallback, a retry waits until the server may be asked again.
    const controller = new AbortController()
    const waiting = ask(alone, { signal: controller.signal })
    const first = await Promise.race([waiting, ask(backed)])
    expect(first.reply.text).toBe('green')
    expect(broken.requests).toHaveLength(8)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('withdraw the deltas of the model that failed', async () => {
    await using broken = await startOpenAiServer({
      reply: 'It is blue, as far as one can see.',
      fault: () => ({ kind: 'cut', afterBytes: 700 }),
    })
    await using healthy = await startOpenAiServer({ reply: 'green' })
    const aliases = {
      m: { model: 'openai/a', baseURL: `${broken.url}/v1`, attempts: 1, fallbacks: ['n'] },
      n: { model: 'openai/b', baseURL: `${healthy.url}/v1` },
    }
    const { events } = await ask(await resolveModel('m', { env: {}, aliases }))
    const types = events.map(({ type }) => type)
    expect(types.filter((type) => type === 'restart')).toHaveLength(1)
    expect(events.slice(types.indexOf('restart') + 1)).toMatchObject([{ text: 'green' }, { type: 'reply' }])
  })

  it('list every error if all fail, with the code of the first', async () => {
    await using broken = await startOpenAiServer({ fault: () => ({ kind: 'status', status: 401 }) })
    const aliases = {
      m: { model: 'openai/a', baseURL: `${broken.url}/v1`, fallbacks: ['n'] },
      n: { model: 'ollama/none', attempts: 1 },
    }
    const env = { OLLAMA_HOST: 'http://127.0.0.1:9' }
    await expect(ask(await resolveModel('m', { env, aliases }))).rejects.toMatchObject({
      code: 'model-auth',
      message: expect.stringMatching(/openai\/a.*Fallback: .*ollama\/none/),
    })
  })
})

describe('cost', () => {
  const usage = { inputTokens: 1_000_000, cachedTokens: 400_000, outputTokens: 100_000 }

  it('is computed from the price in the settings', async () => {
    await using server = await startOpenAiServer({ reply: () => ({ text: 'ok', usage }) })
    const price = { input: 2, output: 10, cached: 0.5 }
    const { reply } = await ask(await resolve(server, { price }))
    expect(reply.usage.cost).toBeCloseTo(0.6 * 2 + 0.4 * 0.5 + 0.1 * 10)
  })

  it('is unknown, not 0, for a known model name on an unknown server', async () => {
    await using server = await startOpenAiServer({ reply: () => ({ text: 'ok', usage }) })
    const { reply } = await ask(await resolve(server, { model: 'openai/gpt-5-mini' }))
    expect(reply.usage.cost).toBeNull()
  })

  it('limits the output to the rest of the budget, and rejects a request that it does not pay for', async () => {
    await using server = await startOpenAiServer({ reply: () => ({ text: 'ok', usage }) })
    const priced = await resolve(server, { price: { input: 2, output: 10 } })
    await ask(priced, {}, { ...request, maxCost: 0.001 })
    await ask(priced, {}, { ...request, maxCost: 0.001, maxOutputTokens: 7 })
    expect(server.requests).toMatchObject([{ max_tokens: 97 }, { max_tokens: 7 }])
    expect(server.requests[0]).not.toHaveProperty('maxCost')
    const poor = ask(priced, {}, { ...request, maxCost: 0.00001 })
    await expect(poor).rejects.toMatchObject({ code: 'exhausted', limit: 'cost' })
    const unpriced = ask(
      await resolve(server, { model: 'openai/gpt-5-mini' }),
      {},
      { ...request, maxCost: 1 },
    )
    await expect(unpriced).rejects.toThrow('the price of gpt-5-mini is unknown')
    const free = await resolve(server, { price: { input: 0, output: 0 } })
    await ask(free, {}, { ...request, maxCost: 0 })
    expect(server.requests).toHaveLength(3)
  })

  it("is 0 on the user's own machine", async () => {
    await using server = await startOllamaServer()
    const model = await resolveModel('ollama/test-model:1b', { env: { OLLAMA_HOST: server.url } })
    expect((await ask(model)).reply.usage.cost).toBe(0)
  })
})

describe('request settings', () => {
  it('add a temperature to requests without one, and bound the output', async () => {
    await using server = await startOpenAiServer()
    const model = await resolve(server, { temperature: 0.2, maxOutputTokens: 100 })
    await ask(model)
    await ask(model, {}, { ...request, temperature: 0.9, maxOutputTokens: 50 })
    await ask(model, {}, { ...request, maxOutputTokens: 500 })
    expect(server.requests).toMatchObject([
      { temperature: 0.2, max_tokens: 100 },
      { temperature: 0.9, max_tokens: 50 },
      { max_tokens: 100 },
    ])
  })
})
