import { DEFAULT_SANDBOX_LIMITS, type Sandbox, type SandboxLimits } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld, type TestWorldOptions } from './open-world.ts'

await useBubblewrap()

describe('limits', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox()
  })
  afterAll(() => sandbox[Symbol.asyncDispose]())

  const run = async (code: string, limits: Partial<SandboxLimits>, options: TestWorldOptions = {}) => {
    await using world = await openWorld(sandbox, { tools: { echo: (args) => args }, ...options, limits })
    return await world.run(code)
  }
  /** The names that have a test below. The last test fails if one is missing. */
  const tested = new Set<string>()
  const limit = (name: keyof SandboxLimits, test: () => Promise<void>) => {
    tested.add(name)
    it(`applies ${name}`, test)
  }

  limit('sourceChars', async () => {
    expect((await run('"x".length', { sourceChars: 5 })).error?.message).toBe(
      'the code has 10 characters, more than the limit of 5',
    )
  })

  limit('wallMs', async () => {
    expect(await run('for (;;);', { wallMs: 100 })).toMatchObject({ status: 'timeout' })
    // The time that code waits for calls does not count.
    const slow = { tools: { slow: () => new Promise((resolve) => setTimeout(resolve, 400)) } }
    expect(await run('await slow({}); 1', { wallMs: 300 }, slow)).toMatchObject({
      status: 'ok',
      preview: '1',
    })
  })

  limit('cpuMs', async () => {
    expect(await run('for (;;);', { cpuMs: 200, wallMs: 20_000 })).toMatchObject({
      status: 'timeout',
      error: { message: 'CPU time' },
    })
  })

  limit('memoryMb', async () => {
    const grow = 'const a = []; for (let i = 0; i < 400; i++) a.push(new Array(1e4).fill(i + 0.5)); a.length'
    expect((await run(grow, { memoryMb: 128 })).preview).toBe('400')
    expect((await run(grow, { memoryMb: 16 })).status).toBe('out-of-memory')
  })

  limit('residentMb', async () => {
    expect(
      await run('const a = []; for (;;) a.push(new Array(1e4).fill(1.5))', {
        memoryMb: 1_500,
        residentMb: 200,
      }),
    ).toMatchObject({
      status: 'out-of-memory',
      error: { message: 'resident memory' },
    })
  })

  limit('outputChars', async () => {
    const { printed } = await run('for (let i = 0; i < 100; i++) console.log("0123456789")', {
      outputChars: 100,
    })
    expect(printed).toMatch(/^(0123456789\n){9}0\n… \(90 more lines, \d+ characters not shown\)$/)
  })

  limit('previewChars', async () => {
    expect((await run('"x".repeat(500)', { previewChars: 50 })).preview).toBe(
      `${'x'.repeat(50)}… (450 more characters)`,
    )
  })

  limit('callsPerStep', async () => {
    const seen = await run('await Promise.all([1, 2, 3].map((n) => echo({ n })))', { callsPerStep: 2 })
    expect(seen.error?.message).toBe('more than 2 calls in one step; continue in the next step')
    expect(seen.calls).toHaveLength(2)
  })

  limit('callsInFlight', async () => {
    let now = 0
    let most = 0
    const tools = {
      busy: async () => {
        now += 1
        most = Math.max(most, now)
        await new Promise((resolve) => setTimeout(resolve, 5))
        now -= 1
      },
    }
    const seen = await run(
      '(await Promise.all(Array.from({ length: 30 }, () => busy({})))).length',
      { callsInFlight: 4 },
      { tools },
    )
    expect(seen.preview).toBe('30')
    expect(most).toBe(4)
  })

  limit('argumentChars', async () => {
    expect((await run('await echo({ x: "y".repeat(100) })', { argumentChars: 50 })).error?.message).toBe(
      'the argument of echo is longer than 50 characters',
    )
  })

  limit('resultChars', async () => {
    const tools = { long: () => 'y'.repeat(100) }
    expect((await run('await long({})', { resultChars: 50 }, { tools })).error?.message).toMatch(
      /^the result of long cannot be sent: it is longer than 50 characters; ask for less/,
    )
  })

  limit('answerChars', async () => {
    expect((await run('finalAnswer("y".repeat(100))', { answerChars: 50 })).error?.message).toBe(
      'the final answer is longer than 50 characters',
    )
  })

  limit('previewValues', async () => {
    expect((await run('[[1, 2, 3], [4, 5, 6]]', { previewValues: 4 })).preview).toBe(
      '[[1, 2, … 1 more], … 1 more]',
    )
  })

  limit('waitMs', async () => {
    expect((await run('await sleep(200)', { waitMs: 100 })).error?.message).toBe(
      'a wait of 200 ms is longer than 100 ms',
    )
    const tools = { never: () => new Promise(() => {}) }
    expect((await run('await never({})', { waitMs: 50 }, { tools })).status).toBe('timeout')
    // The sum of all waits counts.
    const sum = await run(
      'for (let i = 0; i < 6; i++) await sleep(700)',
      { waitMs: 1_500 },
      { now: Date.now },
    )
    expect(sum).toMatchObject({
      status: 'timeout',
      error: { message: 'the step waited for calls for more than 1500 ms' },
    })
    expect(sum.calls.filter(({ ok }) => ok)).toHaveLength(2)
  })

  limit('checkpointChars', async () => {
    await using world = await openWorld(sandbox, { limits: { checkpointChars: 100 } })
    await world.run('let text = "x".repeat(200)')
    expect(await world.session.checkpoint?.()).toEqual({ refused: 'the world is longer than 100 characters' })
  })

  // Core's loop applies this one; `packages/core/test/checkpoint.live.test.ts` tests it.
  tested.add('checkpointCpuMs')

  it('have a test and a default each', () => {
    expect([...tested].sort()).toEqual(Object.keys(DEFAULT_SANDBOX_LIMITS).sort())
  })
})
