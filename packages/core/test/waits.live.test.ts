import { NO_USAGE, type TaskResult } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { tryTask } from '@bailiwick/core/testing'
import { createSandbox } from '@bailiwick/sandbox'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'

await useBubblewrap()

let sandbox: Awaited<ReturnType<typeof createSandbox>>
beforeAll(async () => {
  sandbox = await createSandbox()
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const WAIT_MS = 300
const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(resolve, 4 * WAIT_MS, value))
const limits = { waitMs: WAIT_MS }
const tool = (run: () => unknown) =>
  defineTool({ name: 'act', description: 'Acts.', input: z.object({}), effect: 'once', run })
const reply = (code: string) => () => `<code>\n${code}\n</code>`

it('lets a step wait for a person for as long as the person needs', async () => {
  const definition = { level: 5 as const, tools: [tool(() => 'done')], limits }
  const { result } = await tryTask(definition, reply('finalAnswer(await act({}))'), {
    sandbox,
    ceiling: { approval: 'always' },
    approve: () => later(true),
  })
  expect(result).toMatchObject({ status: 'completed', output: 'done' })
})

it('lets a step wait for a delegate for as long as the delegate needs', async () => {
  const delegated: TaskResult = { status: 'completed', output: 'theirs', usage: NO_USAGE, artifacts: [] }
  const definition = { level: 5 as const, delegates: ['helper'], limits }
  const code = 'const { output } = await helper({ task: "help" }); finalAnswer(output)'
  const { result } = await tryTask(definition, reply(code), {
    sandbox,
    agents: [{ name: 'helper', description: 'Helps.', level: 3 }],
    delegate: () => later(delegated),
  })
  expect(result).toMatchObject({ status: 'completed', output: 'theirs' })
})

it('leaves a task that waits for a person only when no timer and no other call of its code is open', async () => {
  const code = `
const slept = sleep(400).then(() => 'slept')
const timed = new Promise((resolve) => setTimeout(resolve, 300, 'timed'))
finalAnswer(await Promise.all([act({}), slept, timed]))`
  const definition = { level: 5 as const, tools: [tool(() => 'done')] }
  const journal = memoryJournal()
  const wanted = { sandbox, journal, ceiling: { approval: 'always' as const } }
  const left = tryTask(definition, reply(code), {
    ...wanted,
    approve: () => new Promise(() => {}),
    suspendAfterMs: 50,
  })
  await expect(left).rejects.toThrow('the task has not ended')
  const types = journal.records.map(({ type }) => type)
  expect(types.filter((type) => type === 'call.ended')).toHaveLength(2)
  expect(types.at(-1)).toBe('task.waiting')
  const { result } = await tryTask(definition, reply(code), { ...wanted, approve: async () => true })
  expect(result).toMatchObject({ status: 'completed', output: ['done', 'slept', 'timed'] })
})

it('ends a step that waits too long for a tool', async () => {
  const definition = { level: 5 as const, tools: [tool(() => later('late'))], limits }
  const code = 'finalAnswer(await act({}).catch((error) => error.message))'
  const { records } = await tryTask(definition, reply(code), { sandbox })
  const ended = records.find((record) => record.type === 'step.ended')
  expect(ended).toMatchObject({ status: 'timeout' })
  expect(JSON.stringify(ended)).toContain('waited for calls for more than 300 ms')
})
