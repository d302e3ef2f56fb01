import { describe, expect, it } from 'vitest'
import { diceOf, OBSERVED_RATES } from './faults.ts'
import { readRequest } from './printed-request.ts'
import { fitsLevel, nextMove } from './solve.ts'
import { TaskIndex } from './task-index.ts'

type Message = Record<string, unknown> & { role: string; content: string }

function request(messages: Message[], tools: string[] = [], body: object = {}) {
  return readRequest({ model: 'oracle', messages, tools, body: { messages, ...body } })
}

const SYSTEM = {
  role: 'system',
  content:
    'Write code between <code> and </code>. Call finalAnswer(value).\ndeclare function readFile(input: …)',
}
const TASK = { role: 'user', content: 'Inputs: …\n\n<task>What is the total?</task>' }
const query = { name: 'queryTable', arguments: { sql: 'select 1' } }
const solution = { code: "return (await text('sales')).length", calls: [[query]], answer: '$0.rows[0].total' }
const asked = (name: string, args: string) => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'c1', function: { name, arguments: args } }],
})
const told = (content: string) => ({ role: 'tool', tool_call_id: 'c1', content })

describe('a request is read by what it prints', () => {
  it.each([
    ['code', request([SYSTEM, TASK])],
    ['steps', request([TASK], ['queryTable', 'finalAnswer'])],
    ['round', request([TASK], ['queryTable'])],
    ['text', request([TASK], ['queryTable'], { tool_choice: 'none' })],
    ['text', request([TASK])],
  ])('%s', (way, read) => {
    expect(read.way).toBe(way)
  })
})

describe('the oracle', () => {
  it('writes code that reads a file as the prompt offers it', () => {
    expect(nextMove(solution, request([SYSTEM, TASK]))).toMatchObject({
      kind: 'code',
      helpers: expect.stringContaining('readFile({ name })'),
    })
    const without = { ...SYSTEM, content: SYSTEM.content.replace('readFile', 'other') }
    expect(nextMove(solution, request([without, TASK]))).toMatchObject({
      helpers: expect.stringContaining('{ sales }'),
    })
  })

  it('calls, reads the printed result, and answers with it', () => {
    const tools = ['queryTable', 'finalAnswer']
    expect(nextMove(solution, request([TASK], tools))).toEqual({ kind: 'calls', calls: [query] })
    const result = '<data>{"columns":["total"],"rows":[{"total":42}]}</data>'
    const after = [TASK, asked('queryTable', '{"sql":"select 1"}'), told(result)]
    expect(nextMove(solution, request(after, tools))).toEqual({ kind: 'final', answer: 42 })
    expect(nextMove(solution, request(after))).toEqual({ kind: 'text', text: '42' })
  })

  it.each([
    ['failed', 'Call 1.1 failed (error): <data>busy</data>', '{"sql":"select 1"}'],
    ['had other arguments', '<data>{}</data>', '{"sql":"select 2"}'],
  ])('calls again if the call %s', (_, result, args) => {
    const after = [TASK, asked('queryTable', args), told(result)]
    expect(nextMove(solution, request(after, ['queryTable', 'finalAnswer']))).toEqual({
      kind: 'calls',
      calls: [query],
    })
  })

  it('gives the answer alone if only the answer of its code was refused', () => {
    const replied = { role: 'assistant', content: '<code>…</code>' }
    const after = (observation: string) =>
      request([SYSTEM, TASK, replied, { role: 'user', content: observation }])
    expect(nextMove(solution, after('Printed: 42\n\nThe final answer was refused: …'))).toEqual({
      kind: 'answer',
    })
    expect(nextMove(solution, after('ReferenceError: answer is not defined')).kind).toBe('code')
  })

  it('says so if the request does not offer the tool', () => {
    expect(nextMove(solution, request([TASK], ['finalAnswer']))).toMatchObject({
      kind: 'text',
      text: expect.stringContaining('queryTable'),
    })
  })

  it('knows at which levels a solution works', () => {
    const levels = (given: Parameters<typeof fitsLevel>[0]) =>
      [0, 1, 2, 3, 4, 5].filter((level) => fitsLevel(given, level))
    expect(levels(solution)).toEqual([2, 3, 4, 5])
    expect(levels({ code: 'return 1' })).toEqual([5])
    expect(levels({ calls: [], answer: 1 })).toEqual([0, 2, 3, 4])
    expect(levels({ calls: [[query], [query]], answer: 1 })).toEqual([3, 4])
    expect(levels(undefined)).toEqual([])
  })
})

describe('the task of a prompt', () => {
  const index = new TaskIndex([
    { text: 'How many?', value: 'short' },
    { text: 'How many? Count\nthe rows.', value: 'long' },
  ])
  it('is the longest that stands in it, whatever its line breaks', () => {
    expect(index.find('<task>\nHow many?\nCount the rows.\n</task>')).toBe('long')
    expect(index.find('Task: How many?')).toBe('short')
    expect(index.find('Hello')).toBeUndefined()
  })
})

it('makes faults at the given rates, the same for the same seed', () => {
  const share = (seed: number) => {
    const made = Array.from({ length: 4_000 }, (_, n) => diceOf(OBSERVED_RATES, `${seed}/case-${n}`)('prose'))
    return made.filter(Boolean).length / made.length
  }
  expect(share(1)).toBeGreaterThan(0.09)
  expect(share(1)).toBeLessThan(0.13)
  expect(share(1)).toBe(share(1))
  expect(share(1)).not.toBe(share(2))
})
