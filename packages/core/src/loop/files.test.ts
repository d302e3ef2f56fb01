import type { JournalRecord, TaskResult, TaskSpec } from '@bailiwick/contract'
import { NO_USAGE } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import type { DelegateRequest } from '../gate/delegation.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { tryTask } from '../testing/try-task.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
const tool = (name: string, input: z.ZodObject) =>
  defineTool({ name, description: `${name}.`, input, effect: 'none', run: () => 'read' })
const tools = [
  tool('readFile', z.object({ name: z.string() })),
  tool('queryTable', z.object({ sql: z.string() })),
]
const artifact = {
  writer: 'user',
  key: 'k',
  name: 'Orders of 2024.csv',
  mediaType: 'text/csv',
  size: 9,
  sha256: '0'.repeat(64),
}
const stored = [{ name: 'orders', artifact, description: 'orders: Orders of 2024.csv, 2 rows' }]
const inputs = [...stored, { name: 'limit', value: 3, description: 'limit: number 3' }]

async function promptAt(
  level: 0 | 1 | 2 | 3 | 4 | 5,
  granted = true,
  spec: Partial<TaskSpec> = { inputs },
): Promise<string> {
  const routes = level === 1 ? { routes: { a: { when: 'x', to: { answer: 1 } } } } : {}
  const { requests } = await tryTask(
    { level, ...routes, ...(granted && level > 1 && { tools }), budget: { steps: 1 } },
    ['x', 'x'],
    { spec },
  )
  return requests[0]?.messages[1]?.content ?? ''
}

describe('the prompt', () => {
  it('lists values and files separately at level 5, says how to use each, and ends with the task', async () => {
    expect(await promptAt(5)).toBe(`Values (each is a variable of this name):
- <data>limit: number 3</data>

Files (these names are no variables; only the calls below read them):
- <data>orders: Orders of 2024.csv, 2 rows</data>
  To use it: read its text with await readFile({ name: "orders" }); query it with await queryTable({ sql: "SELECT … FROM orders" }).

<task>The task.</task>`)
  })

  it.each([2, 3, 4] as const)('shows the calls that read a file at level %i', async (level) => {
    expect(await promptAt(level)).toBe(`Values:
- <data>
limit:
3
</data>

Files:
- <data>orders: Orders of 2024.csv, 2 rows</data>
  To use it: read its text with readFile {"name":"orders"}; query it with queryTable {"sql":"SELECT … FROM orders"}.

<task>The task.</task>`)
  })

  it.each([0, 1, 3, 5] as const)(
    'says that nothing reads the file at level %i without tools',
    async (level) => {
      expect(await promptAt(level, false)).toContain(
        'Files (you have no tool that reads them, so you know only what stands here):\n- <data>orders:',
      )
    },
  )

  it('lists the files of earlier tasks, without their names in the open', async () => {
    const ref = { ...artifact, key: 'r', name: 'sums.csv' }
    const result: TaskResult = { status: 'completed', output: 1, usage: NO_USAGE, artifacts: [ref] }
    const prompt = await promptAt(5, true, {
      inputs,
      resultFiles: { r: 'text/csv, 3 rows × 2 columns' },
      results: { t1: result },
    })
    expect(prompt).toContain(
      '- <data>sums.csv: text/csv, 3 rows × 2 columns</data>\n  To use it: read its text',
    )
    expect(prompt).toContain('files of t1: sums.csv')
  })
})

describe('a file in memory', () => {
  const orders = { text: 'id,sum\n1,2\n', mediaType: 'text/csv' }

  it('is read with readFile in code, which is declared', async () => {
    const { result, requests } = await tryTask(
      { level: 5 },
      [
        code(
          "finalAnswer([await readFile({ name: 'orders' }), await readFile({ name: 'orders', from: 3, length: 3 })])",
        ),
      ],
      { inputs: { orders } },
    )
    expect(result.output).toEqual([orders.text, 'sum'])
    const [system, user] = requests[0]?.messages ?? []
    expect(system?.content).toContain('declare function readFile(')
    expect(user?.content).toContain('orders: text/csv, 11 bytes, 1 rows × 2 columns')
    expect(user?.content).toContain('read its text with await readFile({ name: "orders" })')
  })

  it('is read with a call at level 3, and shown at level 0', async () => {
    const read = { calls: [{ name: 'readFile', arguments: { name: 'orders' } }] }
    const final = { calls: [{ name: 'finalAnswer', arguments: { answer: 1 } }] }
    const { requests } = await tryTask({ level: 3 }, [read, final], { inputs: { orders } })
    expect(requests[0]?.tools?.map(({ name }) => name)).toEqual(['readFile', 'finalAnswer'])
    expect(requests[1]?.messages.at(-1)?.content).toContain('id,sum')
    const { requests: other } = await tryTask({ level: 0 }, ['x'], { inputs: { orders } })
    expect(other[0]?.messages[1]?.content).toContain('\nid,sum\n1,2\n')
  })

  it('is passed to a delegate as a file', async () => {
    const got: DelegateRequest[] = []
    const result: TaskResult = { status: 'completed', output: 1, usage: NO_USAGE, artifacts: [] }
    const { requests } = await tryTask(
      { level: 5, delegates: ['helper'] },
      [code("finalAnswer((await helper({ task: 'x', inputs: { data: { $file: 'orders' } } })).output)")],
      {
        inputs: { orders },
        agents: [{ name: 'helper', description: 'Helps.', level: 3 }],
        delegate: async (request) => {
          got.push(request)
          return result
        },
      },
    )
    expect(requests[0]?.messages[1]?.content).toContain(
      'pass it to an agent among its inputs as { $file: "orders" }.',
    )
    expect(got[0]?.files).toMatchObject([{ name: 'data', file: orders }])
  })

  it('of bytes is decoded, and refused if it is no text', async () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 65, 0])
    const { result } = await tryTask(
      { level: 5 },
      [
        code(
          "const read = await Promise.allSettled([readFile({ name: 'a' }), readFile({ name: 'b' })])\nfinalAnswer([read[0].value, read[1].reason.message])",
        ),
      ],
      {
        inputs: {
          a: { bytes, mediaType: 'text/plain' },
          b: { bytes: new Uint8Array(9), mediaType: 'application/zip' },
        },
      },
    )
    expect(result.output).toEqual(['A', 'expected a text file, found b, which is application/zip'])
  })
})

describe('a file that code takes for a variable', () => {
  const use = code(
    "let seen = 'nothing'\ntry { seen = orders.length } catch (error) { seen = error.message }",
  )
  const advice =
    '`orders` is a file, not a variable: read its text with await readFile({ name: "orders" }), or query it with await queryTable({ sql: "SELECT … FROM orders" })'

  it('throws with advice, also if the task is resumed', async () => {
    const whole = await tryTask({ level: 5, tools }, [use, code('finalAnswer(seen)')], { spec: { inputs } })
    expect(whole.result.output).toBe(advice)
    expect(whole.records.find(({ type }) => type === 'step.started')).toMatchObject({ files: ['orders'] })
    const [again] = await resumed(whole.records, ['', code('finalAnswer(seen + "!")')])
    expect(again).toBe(`${advice}!`)
  })

  it('is not defined in a task that began before files were', async () => {
    const before = await tryTask({ level: 5, tools }, [use, code('finalAnswer(seen)')], { spec: { inputs } })
    const records = before.records.map((record) => {
      if (record.type !== 'step.started') return record
      const { files, ...rest } = record
      return rest as JournalRecord
    })
    const [again] = await resumed(records, ['', code('finalAnswer(seen)')])
    expect(again).toBe('orders is not defined')
  })

  async function resumed(records: readonly JournalRecord[], replies: string[]): Promise<unknown[]> {
    const journal = memoryJournal()
    await journal.append(records.slice(0, records.findIndex(({ type }) => type === 'step.ended') + 1))
    const { result } = await tryTask({ level: 5, tools }, ({ lane }) => replies[lane.step - 1] ?? '', {
      journal,
      spec: { inputs },
    })
    return [result.output]
  }
})
