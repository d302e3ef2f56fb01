import type { JournalRecord, Sandbox } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { tryTask } from '@bailiwick/core/testing'
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

let made = 0
const mark = defineTool({
  name: 'mark',
  description: 'Counts.',
  input: z.object({}),
  effect: 'once',
  run: () => {
    made += 1
    return made
  },
})
const code = (text: string) => `<code>\n${text}\n</code>`
/** Takes 0.1 s of CPU time on a fast machine and 0.5 s on a slow one: well between the tests' 10 ms and 2 s. */
const LONG = `const spin = (n) => { for (let i = 0; i < 1e8; i++) n = (n * 31 + i) | 0; return n }
let n = spin(await mark({}))`
const definition = { level: 5 as const, tools: [mark] }

/** The records of a task whose host died after the first step. Each turn record claims this CPU time. */
async function cut(cpuMs: number): Promise<JournalRecord[]> {
  const { records } = await tryTask(definition, [code(LONG), code('finalAnswer(n)')], { sandbox })
  const observed = records.findIndex(({ type }) => type === 'step.ended')
  return records
    .slice(0, observed + 1)
    .map((record) => (record.type === 'turn.committed' ? { ...record, cpuMs } : record))
}

describe('rebuilding a world', () => {
  it('fails the task with the reason if it exceeds its CPU time, without a new timeout or a call', async () => {
    // Ten times this plus two seconds is 10 ms.
    const records = await cut(-199)
    expect(records.at(-1)).toMatchObject({ type: 'step.ended', status: 'ok' })
    const before = made
    const journal = memoryJournal(records)
    const { result, requests } = await tryTask(definition, [code('finalAnswer(n)')], { sandbox, journal })
    expect(result).toMatchObject({ status: 'failed', error: { code: 'sandbox' } })
    expect(result.error?.message).toMatch(/The world cannot be rebuilt: timeout in step 1 \(.+\)/)
    expect(requests).toHaveLength(1)
    expect(made).toBe(before)
    const added = journal.records.slice(records.length).map(({ type }) => type)
    expect(added).not.toContain('turn.voided')
    expect(added).not.toContain('step.ended')
  }, 60_000)

  it('may take ten times the recorded CPU time plus two seconds, so that a slower machine succeeds', async () => {
    const records = await cut(0)
    const journal = memoryJournal(records)
    const { result } = await tryTask(definition, [code('finalAnswer(n)')], { sandbox, journal })
    expect(result.status).toBe('completed')
  }, 60_000)
})
