import { scriptedModel } from '@bailiwick/core/testing'
import { expect, it } from 'vitest'
import { solveKata } from './solve-kata.ts'

const EXAMPLES = [
  { given: '45s', wanted: 45 },
  { given: '1h30m', wanted: 5_400 },
]

const answer = (source: string) => `<code>\nfinalAnswer({ source: ${JSON.stringify(source)} })\n</code>`

const FIRST = 'function solve(text) { return parseInt(text) }'
const LOOPS = 'function solve(text) { for (;;); }'
const RIGHT = `function solve(text) {
  const seconds = { h: 3600, m: 60, s: 1 }
  return [...text.matchAll(/(\\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + count * seconds[unit], 0)
}`

it('sends code back with the example that it fails, until it passes', async () => {
  const model = scriptedModel([answer(FIRST), answer(LOOPS), answer(RIGHT)])
  const result = await solveKata(model, 'Write solve(text): the seconds of a duration.', EXAMPLES)
  expect(result).toMatchObject({ status: 'completed', output: { source: RIGHT } })
  const said = model.requests.map(({ messages }) => messages.at(-1)?.content ?? '')
  expect(said[1]).toContain('solve("1h30m") gave 1, wanted 5400')
  expect(said[2]).toContain('the code ended with')
})
