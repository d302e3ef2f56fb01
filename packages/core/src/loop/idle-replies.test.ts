import type { JournalRecord } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { memoryJournal } from '../journal/index.ts'
import { tryTask } from '../testing/index.ts'

const code = (text: string) => `<code>\n${text}\n</code>`

it('counts replies without an action from the journal, after every prefix of it', async () => {
  const script = [
    'Hm.',
    code('1 + 1'),
    'Let me think.',
    'That is hard.',
    'I am not sure.',
    code('finalAnswer(2)'),
  ]
  const whole = await tryTask({ level: 5 }, script)
  expect(whole.result).toMatchObject({
    status: 'failed',
    error: {
      code: 'model-unable',
      message: expect.stringContaining('3 replies in a row; the last one began "I am not'),
    },
  })
  const replies = (records: readonly JournalRecord[]) =>
    records.filter(({ type }) => type === 'step.replied').length
  for (let length = 1; length < whole.records.length; length += 1) {
    const records = whole.records.slice(0, length)
    const rest = script.slice(replies(records))
    const { result, requests } = await tryTask({ level: 5 }, rest, { journal: memoryJournal(records) })
    expect(result).toEqual(whole.result)
    expect(requests.length).toBe(5 - replies(records))
  }
})

it('begins to count anew when a conversation goes on', async () => {
  const first = await tryTask({ level: 5 }, ['Hm.', 'Hm.', 'Hm.'])
  const more = { type: 'task.continued' as const, at: 1, text: 'Try again.' }
  const next = await tryTask({ level: 5 }, ['Hm.', 'Hm.', code('finalAnswer(2)')], {
    journal: memoryJournal([...first.records, more]),
  })
  expect(next.result).toMatchObject({ status: 'completed', output: 2 })
})

it('does not count code that fails, is refused or throws', async () => {
  const wrong = ['const = 1', 'throw 1', 'x.y', 'const = 1', 'throw 1'].map(code)
  const { result } = await tryTask({ level: 5 }, [...wrong, code('finalAnswer(2)')])
  expect(result).toMatchObject({ status: 'completed', output: 2 })
})

it('shows the answer of an older journal in place of a step that showed nothing', async () => {
  const first = await tryTask({ level: 5 }, [code('const a = 20\nfinalAnswer(a)')])
  const old = first.records.map((record): JournalRecord => {
    if (record.type !== 'step.ended') return record
    const observation = 'Done. Nothing was printed, and there is no value.'
    return { ...record, observation, data: [] }
  })
  const more = { type: 'task.continued' as const, at: 1, text: 'Double it.' }
  const { requests } = await tryTask({ level: 5 }, [code('finalAnswer(a * 2)')], {
    journal: memoryJournal([...old, more]),
  })
  expect(requests[0]?.messages.slice(-2)).toEqual([
    { role: 'user', content: 'Observation:\nYour answer was accepted:\n<data>20</data>' },
    { role: 'user', content: 'Double it.' },
  ])
})
