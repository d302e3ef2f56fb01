import { type Effect, type JournalRecord, RefusedError, type Tool, TransientError } from '@bailiwick/contract'
import { describe, expect, it, vi } from 'vitest'
import { DEFAULT_RETRY_LIMITS } from '../gate/retry-transient.ts'
import { tryTask } from '../testing/index.ts'

/** Fails this often, then returns its argument. */
function flaky(
  failures: number,
  { effect = 'none' as Effect, retryAfterMs = undefined as number | undefined } = {},
) {
  const keys: string[] = []
  const tool: Tool = {
    name: 'price',
    description: 'The price of an article.',
    input: { type: 'object', properties: { article: { type: 'string' } }, required: ['article'] },
    effect,
    run: async (_, { key }) => {
      keys.push(key)
      if (keys.length <= failures)
        throw new TransientError('503 try again', retryAfterMs === undefined ? {} : { retryAfterMs })
      return 30
    },
  }
  return { tool, keys }
}

const call = { calls: [{ name: 'price', arguments: { article: 'rope' } }] }
const final = { calls: [{ name: 'finalAnswer', arguments: { answer: 'done' } }] }
const QUICK = { firstMs: 1, longestMs: 5 }
const ended = (records: readonly JournalRecord[]) => records.filter(({ type }) => type === 'call.ended')

/** The same call at every level that makes calls. */
const LEVELS = [
  [1, ['{"route":"shop"}']],
  [2, [call, 'done']],
  [3, [call, final]],
  [4, [call, final]],
  [
    5,
    [
      '<code>\nconsole.log(await price({ article: "rope" }))\n</code>',
      '<code>\nfinalAnswer("done")\n</code>',
    ],
  ],
] as const

describe('transient failures', () => {
  it.each(LEVELS)(
    'are retried at level %i before the model sees them, with one outcome record',
    async (level, replies) => {
      for (const effect of ['none', 'idempotent'] as const) {
        const { tool, keys } = flaky(3, { effect })
        const definition =
          level === 1 ? { routes: { shop: { when: 'Always.', to: tool } } } : { tools: [tool] }
        const { result, records, requests } = await tryTask({ level, ...definition }, [...replies], {
          retry: QUICK,
        })
        expect(result.status).toBe('completed')
        expect(keys).toHaveLength(4)
        expect(new Set(keys).size).toBe(1)
        expect(ended(records)).toMatchObject([{ ok: true, value: '30' }])
        expect(JSON.stringify(requests)).not.toContain('503')
      }
    },
  )

  it.each(LEVELS.slice(1))('of calls with effect once are never retried, level %i', async (_, replies) => {
    const { tool, keys } = flaky(1, { effect: 'once' })
    const { requests, records } = await tryTask({ level: _, tools: [tool] }, [...replies], { retry: QUICK })
    expect(keys).toHaveLength(1)
    expect(ended(records)).toMatchObject([{ ok: false, reason: 'error', transient: true }])
    const shown = JSON.stringify(requests.at(-1)?.messages.slice(1))
    expect(shown).toContain('503 try again')
    expect(shown).toContain('It was not repeated, because it may act twice.')
  })

  it.each(LEVELS.slice(1))('that remain are described as they are, level %i', async (level, replies) => {
    const { tool, keys } = flaky(Number.POSITIVE_INFINITY)
    const { requests } = await tryTask({ level, tools: [tool] }, [...replies], { retry: QUICK })
    expect(keys).toHaveLength(DEFAULT_RETRY_LIMITS.attempts)
    const shown = JSON.stringify(requests.at(-1)?.messages)
    expect(shown).toMatch(/503 try again.*It was tried 6 times in \d+ ms\. It may succeed later\./)
    expect(shown).not.toMatch(/same (call )?again gives the same/)
  })

  it('do not make a later repetition of the call count as useless', async () => {
    const { tool, keys } = flaky(3)
    const { result, requests } = await tryTask({ level: 3, tools: [tool] }, [call, call, call, call, final], {
      retry: { attempts: 1 },
    })
    expect(result.status).toBe('completed')
    expect(keys).toHaveLength(4)
    expect(JSON.stringify(requests)).not.toContain('identical call')
  })

  it('are the only failures that are retried', async () => {
    for (const error of [new Error('503 try again'), new RefusedError('no')]) {
      let times = 0
      const tool: Tool = { ...flaky(0).tool, run: () => Promise.reject(times++ < 0 ? undefined : error) }
      await tryTask({ level: 3, tools: [tool] }, [call, final], { retry: QUICK })
      expect(times).toBe(1)
    }
  })

  it('wait as long as the tool asks, and are announced', async () => {
    const { tool } = flaky(2, { retryAfterMs: 3 })
    const { events } = await tryTask({ level: 3, tools: [tool] }, [call, final], { retry: QUICK })
    expect(events.filter(({ type }) => type === 'waiting')).toMatchObject([
      { step: 1, text: 'price: 503 try again, attempt 2 of 6 in 3 ms', ms: 3 },
      { step: 1, text: 'price: 503 try again, attempt 3 of 6 in 3 ms', ms: 3 },
    ])
  })

  it('are not waited for if the tool asks for more than the longest pause', async () => {
    const { tool, keys } = flaky(2, { retryAfterMs: DEFAULT_RETRY_LIMITS.longestMs + 1 })
    const { requests } = await tryTask({ level: 3, tools: [tool] }, [call, final])
    expect(keys).toHaveLength(1)
    expect(JSON.stringify(requests)).toContain('It asks to wait for 60 s.')
  })

  it('are not waited for beyond the deadline, so that the model can still answer', async () => {
    const { tool, keys } = flaky(2, { retryAfterMs: 50_000 })
    const spec = { deadline: Date.now() + 20_000 }
    const { result, requests } = await tryTask({ level: 3, tools: [tool] }, [call, final], { spec })
    expect(keys).toHaveLength(1)
    expect(result.status).toBe('completed')
    expect(JSON.stringify(requests)).toContain('The task’s time ends before the next try.')
  })

  it.each(LEVELS)('end at once when the task is canceled, level %i', async (level, replies) => {
    const { tool, keys } = flaky(Number.POSITIVE_INFINITY, { retryAfterMs: 59_000 })
    const controller = new AbortController()
    const run = vi.spyOn(tool, 'run')
    const definition = level === 1 ? { routes: { shop: { when: 'Always.', to: tool } } } : { tools: [tool] }
    const began = performance.now()
    run.mockImplementation(async () => {
      keys.push('called')
      setTimeout(() => controller.abort(new Error('enough')), 20)
      throw new TransientError('503', { retryAfterMs: 59_000 })
    })
    const { result } = await tryTask({ level, ...definition }, [...replies], { signal: controller.signal })
    expect(result).toMatchObject({ status: 'canceled', error: { message: 'enough' } })
    expect(keys).toHaveLength(1)
    expect(performance.now() - began).toBeLessThan(30_000)
  })
})
