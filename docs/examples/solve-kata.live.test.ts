import { scriptedModel } from '@bailiwick/core/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { expect, it } from 'vitest'
import { solveKata } from './solve-kata.ts'

await useBubblewrap()

const EXAMPLES = [
  { given: '45s', expected: 45 },
  { given: '1h30m', expected: 5_400 },
]

const answer = (source: string) => `<code>\nfinalAnswer({ source: ${JSON.stringify(source)} })\n</code>`

const FIRST = 'function solve(text) { return parseInt(text) }'
const LOOPS = 'function solve(text) { for (;;); }'
const RIGHT = `function solve(text) {
  const seconds = { h: 3600, m: 60, s: 1 }
  return [...text.matchAll(/(\\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + count * seconds[unit], 0)
}`

it('returns code with the failing example until all examples pass', async () => {
  const model = scriptedModel([answer(FIRST), answer(LOOPS), answer(RIGHT)])
  const result = await solveKata(model, 'Write solve(text): the seconds of a duration.', EXAMPLES)
  expect(result).toMatchObject({ status: 'completed', output: { source: RIGHT } })
  const feedback = model.requests.map(({ messages }) => messages.at(-1)?.content ?? '')
  expect(feedback[1]).toContain('solve("1h30m") returned 1, expected 5400')
  expect(feedback[2]).toContain('expected the code to return, but it ended with')
})
