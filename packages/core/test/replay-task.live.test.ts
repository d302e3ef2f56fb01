import type { JournalRecord, Sandbox } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { tryTask } from '@bailiwick/core/testing'
import { type ReplayedStep, replayTask } from '@bailiwick/core/world'
import { createSandbox } from '@bailiwick/sandbox'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

await useBubblewrap()

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox()
})
afterAll(() => sandbox[Symbol.asyncDispose]())

let calls = 0
const next = defineTool({
  name: 'next',
  description: 'Returns a new number each time.',
  input: z.object({}),
  effect: 'once',
  run: () => {
    calls += 1
    return calls * 7
  },
})
const code = (text: string) => `<code>\n${text}\n</code>`

async function record(): Promise<JournalRecord[]> {
  const replies = [
    code('let sum = await next({})'),
    code('sum += await next({}); console.log(sum, Math.random())'),
    code('if (sum % 7 === 0) { await next({}) }; finalAnswer(sum)'),
  ]
  const { records } = await tryTask({ level: 5, tools: [next] }, replies, { sandbox })
  return records
}

async function replay(records: JournalRecord[]): Promise<ReplayedStep[]> {
  const steps: ReplayedStep[] = []
  for await (const step of replayTask({ records, sandbox })) steps.push(step)
  return steps
}

describe('replayTask', () => {
  it('rebuilds the recorded worlds without calling a tool', async () => {
    const records = await record()
    const before = calls
    const steps = await replay(records)
    expect(steps.map(({ step, status }) => [step, status])).toEqual([
      [1, 'same'],
      [2, 'same'],
      [3, 'same'],
    ])
    expect(calls).toBe(before)
    const observed = records.find((one) => one.type === 'step.ended' && one.step === 2)
    expect(observed).toMatchObject({ observation: expect.stringContaining(steps[1]?.printed ?? 'nothing') })
  })

  it('stops at a step that differs from its record, and names the difference', async () => {
    const changed = (await record()).map((one) =>
      one.type === 'call.ended' && one.step === 2 ? { ...one, value: '8.5' } : one,
    )
    const steps = await replay(changed)
    expect(steps.at(-1)).toMatchObject({
      step: 2,
      status: 'diverged',
      message: expect.stringContaining('hash'),
    })
  })

  it('applies the agent’s own limits to the replayed code', async () => {
    const many =
      'let failed = 0; for (let i = 0; i < 1_200; i++) await next({}).catch(() => failed++); failed'
    for (const callsPerStep of [20, 2_000]) {
      const { records } = await tryTask(
        { level: 5, tools: [next], limits: { callsPerStep } },
        [code(many), code('finalAnswer(failed)')],
        { sandbox },
      )
      expect((await replay(records)).map(({ status }) => status)).toEqual(['same', 'same'])
    }
  })

  it('rejects a task that ran no code', async () => {
    const { records } = await tryTask({ level: 0 }, ['hello'])
    await expect(replay(records)).rejects.toThrow('has run no code: nothing to replay')
  })
})
