import { join } from 'node:path'
import { scriptedModel } from '@bailiwick/core/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { expect, it } from 'vitest'
import { research } from './research.ts'

await useBubblewrap()

const REPLIES = [
  `<code>
const found = await search({ word: 'electric' })
console.log(found)
const whole = await Promise.all([...new Set(found.map(({ file }) => file))].map((file) => read({ file })))
whole.map((text) => text.length)
</code>`,
  `<code>
const years = found.map(({ file, text }) => ({ file, text, year: Number(text.match(/\\b(18|19)\\d\\d\\b/)?.[0]) })).filter(({ year }) => year)
const first = years.toSorted((a, b) => a.year - b.year)[0]
finalAnswer({ answer: 'It was lit in ' + first.year, sources: [{ file: first.file, quote: 'It was the first electric lighthouse.' }] })
</code>`,
  `<code>
const sentence = first.text.split('. ').find((part) => part.includes(String(first.year)))
finalAnswer({ answer: first.file.replace('.md', '') + ', in ' + first.year, sources: [{ file: first.file, quote: sentence }] })
</code>`,
]

it('rejects a source with an invented quote', async () => {
  const model = scriptedModel(REPLIES)
  const folder = join(import.meta.dirname, 'texts')
  const result = await research(model, folder, 'Which lighthouse got electric light first, and when?')
  expect(result.status).toBe('completed')
  expect(result.output).toMatchObject({
    answer: 'grey-point, in 1902',
    sources: [{ file: 'grey-point.md', quote: expect.stringContaining('1902') }],
  })
  expect(model.requests[2]?.messages.at(-1)?.content).toContain('expected grey-point.md to contain')
})
