import { type ArtifactRef, NO_USAGE, type TaskResult } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { memoryJournal } from '../journal/index.ts'
import { tryTask } from '../testing/index.ts'
import type { DelegateRequest } from './delegation.ts'
import { MAX_PASSED_CHARS } from './pass-on.ts'

const file = (name: string): ArtifactRef => ({
  writer: 'toolbox',
  key: `file/run/x/${name}`,
  name,
  mediaType: 'text/csv',
  size: 12,
  sha256: 'a'.repeat(64),
})
const HELPER = { name: 'helper', description: 'Helps.', level: 3 as const }
const USED = { ...NO_USAGE, inputTokens: 5, replies: 1 }

/** Delegates that return these results in turn, and what they were asked. */
function delegates(...results: Partial<TaskResult>[]) {
  const asked: DelegateRequest[] = []
  const delegate = async (request: DelegateRequest): Promise<TaskResult> => {
    asked.push(request)
    return { status: 'completed', usage: USED, artifacts: [], ...results[asked.length - 1] }
  }
  return { asked, delegate }
}

const call = (inputs: object) => ({ calls: [{ name: 'helper', arguments: { task: 'x', inputs } }] })
const final = { calls: [{ name: 'finalAnswer', arguments: { answer: 'done' } }] }

it('passes on files of the task and of delegates, with their descriptions', async () => {
  const { asked, delegate } = delegates({ output: 1, artifacts: [file('found.csv')] }, {})
  const orders = {
    name: 'orders',
    artifact: file('orders 2024.csv'),
    description: 'orders: text/csv, 3 rows',
  }
  const { result, requests } = await tryTask(
    { level: 4, delegates: ['helper'] },
    [
      call({}),
      call({ a: { $file: 'orders' }, b: { $file: 'found.csv' }, c: { $file: 'orders 2024.csv' }, d: 1 }),
      final,
    ],
    { agents: [HELPER], delegate, spec: { inputs: [orders] } },
  )
  expect(asked[1]?.inputs).toEqual({ d: 1 })
  expect(asked[1]?.files).toEqual([
    { ...orders, name: 'a' },
    { name: 'b', artifact: file('found.csv'), description: 'found.csv: text/csv, 12 bytes' },
    { ...orders, name: 'c' },
  ])
  expect(requests[1]?.messages.at(-1)?.content).toBe(
    '<data>{"status":"completed","output":1,"files":["found.csv"]}</data>',
  )
  expect(result).toMatchObject({ artifacts: [file('found.csv')], usage: { inputTokens: expect.any(Number) } })
})

it('passes on the same after a restart, and code sees neither usage nor artifacts', async () => {
  const code = (text: string) => `<code>\n${text}\n</code>`
  const script = [
    code("const first = await helper({ task: 'x' })"),
    code(
      "const second = await helper({ task: 'y', inputs: { b: { $file: 'found.csv' }, rows: { $result: '1.1' } } })",
    ),
    code('finalAnswer([first, second])'),
  ]
  const results = [{ output: [1, 2], artifacts: [file('found.csv')] }, { output: 'ok' }]
  const options = { agents: [HELPER] }
  const whole = await tryTask({ level: 5, delegates: ['helper'] }, script, {
    ...options,
    ...delegates(...results),
  })
  expect(whole.result.output).toEqual([
    { status: 'completed', output: [1, 2], files: ['found.csv'] },
    { status: 'completed', output: 'ok' },
  ])
  for (let length = 1; length < whole.records.length; length += 1) {
    const records = whole.records.slice(0, length)
    const done = records.filter(({ type }) => type === 'call.ended').length
    const replies = records.filter(({ type }) => type === 'step.replied').length
    const { asked, delegate } = delegates(...results.slice(done))
    const again = await tryTask({ level: 5, delegates: ['helper'] }, script.slice(replies), {
      ...options,
      delegate,
      journal: memoryJournal(records),
    })
    expect(again.result).toEqual(whole.result)
    if (done < 2) {
      expect(asked.at(-1)).toMatchObject({
        inputs: { rows: [1, 2] },
        files: [{ artifact: file('found.csv') }],
      })
    }
  }
})

it('shows no usage of a delegate that an older journal has in its value', async () => {
  const { delegate } = delegates({ output: 1 })
  const whole = await tryTask({ level: 4, delegates: ['helper'] }, [call({}), final], {
    agents: [HELPER],
    delegate,
  })
  const old = whole.records.slice(0, -3).map((record) =>
    record.type === 'call.ended'
      ? {
          ...record,
          usage: undefined,
          value: JSON.stringify({ status: 'completed', output: 1, usage: USED, artifacts: [] }),
        }
      : record,
  )
  const again = await tryTask({ level: 4, delegates: ['helper'] }, [final], {
    agents: [HELPER],
    journal: memoryJournal(old),
  })
  expect(again.requests[0]?.messages.at(-1)?.content).toBe('<data>{"status":"completed","output":1}</data>')
  expect(again.result.usage).toEqual(whole.result.usage)
})

it('refuses a result that is too long for a variable', async () => {
  const { asked, delegate } = delegates({ output: 'x'.repeat(MAX_PASSED_CHARS) })
  const { requests } = await tryTask(
    { level: 4, delegates: ['helper'] },
    [call({}), call({ text: { $result: '1.1' } }), final],
    { agents: [HELPER], delegate },
  )
  expect(asked).toHaveLength(1)
  expect(requests[2]?.messages.at(-1)?.content).toContain(
    'at most 256000 characters, found 256002; have it written to a file',
  )
})
