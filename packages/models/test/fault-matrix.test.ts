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
import { DEFAULT_TIMERS, type Timers } from '../src/wire/timers.ts'
import { ask, textOf } from './ask.ts'

const TEXT = 'It is blue, as far as one can see.'
const usage = { inputTokens: 12, outputTokens: 34 }
const ATTEMPTS = 2

const ADAPTERS = {
  openai: {
    start: startOpenAiServer,
    source: (server: ModelServer, stream: boolean, timers: Timers): Source =>
      openaiSource({ model: 'test-model', baseURL: `${server.url}/v1`, stream, timers }),
  },
  ollama: {
    start: startOllamaServer,
    source: (server: ModelServer, stream: boolean, timers: Timers): Source =>
      ollamaSource({ model: 'test-model:1b', host: server.url, stream, timers }),
  },
}

/** A fault, the codes that it may have, and whether it is retried. */
const FAULTS: [string, Fault, RegExp, 'retried' | 'final'][] = [
  ['a bad key', { kind: 'status', status: 401 }, /^model-auth$/, 'final'],
  ['a forbidden model', { kind: 'status', status: 403 }, /^model-auth$/, 'final'],
  [
    'an unknown model',
    { kind: 'status', status: 404, message: 'model "x" not found' },
    /^model-unknown$/,
    'final',
  ],
  ['a spent quota', { kind: 'status', status: 429, code: 'insufficient_quota' }, /^model-quota$/, 'final'],
  ['a bad request', { kind: 'status', status: 400, message: 'no' }, /^model-refused$/, 'final'],
  [
    'a long context',
    { kind: 'status', status: 400, code: 'context_length_exceeded' },
    /^model-context$/,
    'final',
  ],
  ['a page instead of an API', { kind: 'html', status: 200 }, /^model-not-an-api$/, 'final'],
  ['too many requests', { kind: 'status', status: 429 }, /^model-rate-limit$/, 'retried'],
  ['a broken server', { kind: 'status', status: 500 }, /^model-server$/, 'retried'],
  ['a bad gateway with a page', { kind: 'html', status: 502 }, /^model-server$/, 'retried'],
  ['an overloaded server', { kind: 'status', status: 503 }, /^model-overloaded$/, 'retried'],
  ['an empty reply', { kind: 'empty' }, /^model-empty$/, 'retried'],
  ['a cut socket', { kind: 'cut', afterBytes: 60 }, /^model-(cut|malformed|unreachable)$/, 'retried'],
  ['a socket cut before the first byte', { kind: 'reset' }, /^model-unreachable$/, 'retried'],
  ['an early end of the body', { kind: 'end', afterBytes: 60 }, /^model-(cut|malformed)$/, 'retried'],
  ['an empty body', { kind: 'no-body' }, /^model-(cut|malformed|empty)$/, 'retried'],
  ['broken JSON', { kind: 'malformed-json' }, /^model-(malformed|cut)$/, 'retried'],
  ['bytes of another protocol', { kind: 'garbage' }, /^model-(malformed|cut)$/, 'retried'],
  ['a stall before the first byte', { kind: 'stall', afterBytes: 0 }, /^model-timeout$/, 'retried'],
  ['a stall in the middle', { kind: 'stall', afterBytes: 60 }, /^model-timeout$/, 'retried'],
]

const CELLS = (['openai', 'ollama'] as const).flatMap((adapter) =>
  [true, false].flatMap((stream) =>
    FAULTS.map(([name, fault, code, policy]) => ({ adapter, stream, name, fault, code, policy })),
  ),
)
type Cell = (typeof CELLS)[number]

interface Bed extends AsyncDisposable {
  server: ModelServer
  model: Model
  /** Number of attempts so far. A stalled one may end before the server has received its request. */
  attempts(): number
}

/**
 * Starts a server with a fault in some attempts, counted from 0. Timers are short only for attempts that stall (a
 * request copies them when it starts), so a slow machine cannot make a healthy response time out.
 */
async function startBed(
  { adapter, stream, fault }: Cell,
  isFaulty: (attempt: number) => boolean,
): Promise<Bed> {
  const { start, source: openSource } = ADAPTERS[adapter]
  const timers = { ...DEFAULT_TIMERS }
  /** Stays -1 during the first call, with which Ollama also gets its facts about the model. */
  let current = -1
  let isWarm = false
  const server = await start({
    reply: () => ({ text: TEXT, usage }),
    fault: () => (isWarm && isFaulty(current) ? fault : undefined),
  })
  const source = openSource(server, stream, timers)
  const counted: Source = {
    id: source.id,
    ask(request, call) {
      if (isWarm) current += 1
      const stalls = isWarm && fault.kind === 'stall' && isFaulty(current)
      Object.assign(timers, stalls ? { firstByteMs: 200, idleMs: 200 } : DEFAULT_TIMERS)
      return source.ask(request, call)
    },
  }
  const model = asModel(withRetries(counted, { attempts: ATTEMPTS, random: () => 0 }))
  await ask(model)
  server.requests.length = 0
  isWarm = true
  return {
    server,
    model,
    attempts: () => current + 1,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const printed = vi.fn()
beforeAll(() => {
  for (const method of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(printed)
})
afterAll(() => {
  vi.restoreAllMocks()
  expect(printed).not.toHaveBeenCalled()
})

describe.concurrent.each(CELLS)('a lasting fault: $adapter, stream $stream, $name', (cell) => {
  it('has a code, and is retried only if it may pass', async () => {
    await using bed = await startBed(cell, () => true)
    const failure = await ask(bed.model).then(
      ({ reply }) => ({ code: `no error, but the reply "${reply.text}"` }),
      (error: { code: string }) => error,
    )
    expect(failure.code).toMatch(cell.code)
    const attempts = cell.policy === 'retried' ? ATTEMPTS : 1
    expect(bed.attempts()).toBe(attempts)
    if (cell.fault.kind !== 'stall') {
      // Ollama also gets requests with a larger context, which differ.
      const sent = bed.server.requests.map((body) => JSON.stringify(body))
      expect(sent.filter((body) => body === sent[0])).toHaveLength(attempts)
    }
    await vi.waitFor(() => expect(bed.server.pending).toBe(0), 30_000)
  })
})

describe.concurrent.each(CELLS.filter(({ policy }) => policy === 'retried'))(
  'a passing fault: $adapter, stream $stream, $name',
  (cell) => {
    it('leaves one complete reply, counted once', async () => {
      await using bed = await startBed(cell, (n) => n === 0)
      const { events, reply } = await ask(bed.model)
      expect(reply).toMatchObject({ text: TEXT, usage: { ...usage, replies: 1 } })
      expect(textOf(events)).toBe(TEXT)
      expect(bed.attempts()).toBe(2)
      await vi.waitFor(() => expect(bed.server.pending).toBe(0), 30_000)
    })
  },
)
