import type { Model } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { asModel } from '../src/as-model.ts'
import { ollamaSource } from '../src/ollama/ollama-model.ts'
import { openaiSource } from '../src/openai/openai-model.ts'
import { withRetries } from '../src/resilience/with-retries.ts'
import type { Source } from '../src/source.ts'
import type { Fault } from '../src/testing/fault.ts'
import type { ModelServer } from '../src/testing/model-server.ts'
import { startOllamaServer } from '../src/testing/ollama-server.ts'
import { startOpenAiServer } from '../src/testing/openai-server.ts'
import { ask, textOf } from './ask.ts'

const TEXT = 'It is blue, as far as one can see.'
const usage = { inputTokens: 12, outputTokens: 34 }
const timers = { firstByteMs: 1_000, idleMs: 1_000, totalMs: 5_000 }
const ATTEMPTS = 2
/** Both attempts may run into a timer; the rest is for a busy machine. */
const MAX_MS = ATTEMPTS * timers.firstByteMs + 2_000

const ADAPTERS = {
  openai: {
    start: startOpenAiServer,
    source: (server: ModelServer, stream: boolean): Source =>
      openaiSource({ model: 'test-model', baseURL: `${server.url}/v1`, stream, timers }),
  },
  ollama: {
    start: startOllamaServer,
    source: (server: ModelServer, stream: boolean): Source =>
      ollamaSource({ model: 'test-model:1b', host: server.url, stream, timers }),
  },
}

/** What is wrong, how, the codes that name it, and whether it is tried again. */
const FAULTS: [string, Fault, RegExp, 'again' | 'once'][] = [
  ['a bad key', { kind: 'status', status: 401 }, /^model-auth$/, 'once'],
  ['a forbidden model', { kind: 'status', status: 403 }, /^model-auth$/, 'once'],
  [
    'an unknown model',
    { kind: 'status', status: 404, message: 'model "x" not found' },
    /^model-unknown$/,
    'once',
  ],
  ['a spent quota', { kind: 'status', status: 429, code: 'insufficient_quota' }, /^model-quota$/, 'once'],
  ['a bad request', { kind: 'status', status: 400, message: 'no' }, /^model-refused$/, 'once'],
  [
    'a long context',
    { kind: 'status', status: 400, code: 'context_length_exceeded' },
    /^model-context$/,
    'once',
  ],
  ['a page instead of an API', { kind: 'html', status: 200 }, /^model-not-an-api$/, 'once'],
  ['too many requests', { kind: 'status', status: 429 }, /^model-rate-limit$/, 'again'],
  ['a broken server', { kind: 'status', status: 500 }, /^model-server$/, 'again'],
  ['a bad gateway with a page', { kind: 'html', status: 502 }, /^model-server$/, 'again'],
  ['an overloaded server', { kind: 'status', status: 503 }, /^model-overloaded$/, 'again'],
  ['an empty answer', { kind: 'empty' }, /^model-empty$/, 'again'],
  ['a cut socket', { kind: 'cut', afterBytes: 60 }, /^model-(cut|malformed|unreachable)$/, 'again'],
  ['a socket cut before the first byte', { kind: 'reset' }, /^model-unreachable$/, 'again'],
  ['an end that is none', { kind: 'end', afterBytes: 60 }, /^model-(cut|malformed)$/, 'again'],
  ['a body of no bytes', { kind: 'no-body' }, /^model-(cut|malformed|empty)$/, 'again'],
  ['no JSON', { kind: 'malformed-json' }, /^model-(malformed|cut)$/, 'again'],
  ['bytes of another protocol', { kind: 'garbage' }, /^model-(malformed|cut)$/, 'again'],
  ['a stall before the first byte', { kind: 'stall', afterBytes: 0 }, /^model-timeout$/, 'again'],
  ['a stall in the middle', { kind: 'stall', afterBytes: 60 }, /^model-timeout$/, 'again'],
]

const CELLS = (['openai', 'ollama'] as const).flatMap((adapter) =>
  [true, false].flatMap((stream) =>
    FAULTS.map(([name, fault, code, tried]) => ({ adapter, stream, name, fault, code, tried })),
  ),
)

const retried = (source: Source): Model =>
  asModel(withRetries(source, { attempts: ATTEMPTS, random: () => 0 }))

const printed = vi.fn()
beforeAll(() => {
  for (const method of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(printed)
})
afterAll(() => {
  vi.restoreAllMocks()
  expect(printed).not.toHaveBeenCalled()
})

describe.concurrent.each(CELLS)(
  'a fault that stays: $adapter, stream $stream, $name',
  ({ adapter, stream, fault, code, tried }) => {
    it('is named, and tried as often as it makes sense', async () => {
      const { start, source } = ADAPTERS[adapter]
      await using server = await start({ reply: TEXT, fault: () => fault })
      const begun = performance.now()
      const failure = await ask(retried(source(server, stream))).then(
        ({ reply }) => ({ code: `no error but "${reply.text}"` }),
        (error: { code: string }) => error,
      )
      expect(failure.code).toMatch(code)
      // Ollama is asked anew with a larger context where that may help: another request, not an attempt.
      const sent = server.requests.map((body) => JSON.stringify(body))
      expect(sent.filter((body) => body === sent[0])).toHaveLength(tried === 'again' ? ATTEMPTS : 1)
      expect(performance.now() - begun).toBeLessThan(MAX_MS)
      await vi.waitFor(() => expect(server.underWay).toBe(0))
    })
  },
)

describe.concurrent.each(CELLS.filter(({ tried }) => tried === 'again'))(
  'a fault that passes: $adapter, stream $stream, $name',
  ({ adapter, stream, fault }) => {
    it('leaves one whole reply, counted once', async () => {
      const { start, source } = ADAPTERS[adapter]
      await using server = await start({
        reply: () => ({ text: TEXT, usage }),
        fault: (place) => (place === 0 ? fault : undefined),
      })
      const { events, reply } = await ask(retried(source(server, stream)))
      expect(reply).toMatchObject({ text: TEXT, usage: { ...usage, replies: 1 } })
      expect(textOf(events)).toBe(TEXT)
      expect(server.requests).toHaveLength(2)
      await vi.waitFor(() => expect(server.underWay).toBe(0))
    })
  },
)
